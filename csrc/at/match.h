/* Predicates on lines: which name, shape and key a line has. Names are compared as a whole, never in part. */
#ifndef AT_MATCH_H
#define AT_MATCH_H

#include "at/framer.h"

/* Whether the line has this name: for example, `+CREG: 1` and `+CREG,1` have the name `+CREG`, `+CREGX: 1`
 * does not. */
bool at_is_named(const struct at_token *line, const char *name, size_t length);

/* Whether the fields after the prefix and its colon have this shape (at_fields_match). */
bool at_has_shape(const struct at_token *line, size_t prefix_length, const char *shape);

/* Whether the field with this index, from 1, equals key. Always true when there is nothing to compare (index
 * 0 or an empty key). */
bool at_has_key(const struct at_token *line, size_t prefix_length, unsigned field_index, const char *key);

/* Length of a `+NAME:` prefix; 0: the line has none. A line with a prefix cannot be the bare answer to
 * another command. */
size_t at_prefix_length(const struct at_token *line);

/* Length of the block that this line announces according to its rule; 0: none, or the field is not a number.
 */
uint64_t at_block_length(const struct at_token *line, const struct at_line_rule *rule);

/* The number of the connection that the line names; UINT64_MAX: none. */
uint64_t at_block_owner_number(const struct at_token *line, const struct at_line_rule *rule);

#endif
