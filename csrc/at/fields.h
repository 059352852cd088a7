/* The field reader: splits what stands after a prefix into comma-separated fields (V.250 5.4, 27.007 4).
 *
 * A field is bare (`4`, `0XFFFF`) or quoted (`"UFS:ca.pem"`); spaces before and after it do not count. A
 * comma inside quotes or inside parentheses belongs to the field, so that `(0-5),(0,1)` has two. An empty
 * field is a field: `1,,2` has three and `` has none. Nothing is copied: a field points into the line it was
 * read from. */
#ifndef AT_FIELDS_H
#define AT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct at_field {
    const char *text; /* without the quotes */
    size_t length;
    bool quoted;
};

struct at_fields {
    const char *next;
    const char *end;
    bool more; /* another field follows, be it empty */
};

/* Reads from text, which starts behind the prefix: `+CREG: 0,1` is given as ` 0,1`. */
void at_fields_init(struct at_fields *fields, const char *text, size_t length);

/* False when there is no further field. A quote that is never closed takes the rest of the line. */
bool at_fields_next(struct at_fields *fields, struct at_field *field);

/* The field with this 1-based index. */
bool at_fields_get(const char *text, size_t length, unsigned index, struct at_field *field);

/* A bare decimal number with an optional sign that fits; anything else is false and leaves *value alone. */
bool at_field_number(const struct at_field *field, int64_t *value);

/* Does the text have this shape? One letter a field: `n` bare, not empty and no list in parentheses, `d`
 * decimal digits, `s` quoted, `a` any; `*` at the end stands for any further fields. Alternatives are
 * separated by `|`: "n|nss|nssn". A NULL shape fits everything. */
bool at_fields_match(const char *shape, const char *text, size_t length);

#endif
