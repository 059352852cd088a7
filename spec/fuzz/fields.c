/* The reader of fields: a text, and a shape that it is compared with. */
#include "session.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* Each field lies within the text, they come in order, and at_fields_get finds the same. */
static void read_all(const char *text, size_t length)
{
    struct at_fields fields;
    struct at_field field, again;
    unsigned index = 0;
    const char *from = text;
    at_fields_init(&fields, text, length);
    while (at_fields_next(&fields, &field)) {
        int64_t number = 77;
        bool within = field.text >= from && field.text + field.length <= text + length;
        bool found = at_fields_get(text, length, ++index, &again);
        if (!within || index > length + 1 || !found || again.text != field.text ||
            again.length != field.length)
            abort();
        if (!at_field_number(&field, &number) && number != 77)
            abort();
        from = field.text + field.length;
    }
    if (at_fields_get(text, length, index + 1, &again) || !at_fields_match("*", text, length))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    const uint8_t *end = length > 0 ? memchr(bytes, '\0', length) : NULL;
    if (end == NULL)
        return 0;
    size_t shape_length = (size_t)(end - bytes), text_length = length - shape_length - 1;
    char *text = malloc(text_length + 1), *shape = malloc(shape_length + 1);
    char *exact = text + 1; /* its end is that of the block */
    memcpy(exact, end + 1, text_length);
    memcpy(shape, bytes, shape_length + 1);
    read_all(exact, text_length);
    at_fields_match(shape, exact, text_length);
    free(text);
    free(shape);
    return 0;
}
