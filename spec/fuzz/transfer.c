/* A download whose end has to be recognised in the data. */
#include "session.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct at_rules *rules = session_rules(&heap, length > 0 && bytes[0] & 1);
    struct at_rules *other = session_rules(&heap, !(length > 0 && bytes[0] & 1));
    struct session_options options = {
        .rules = rules, .other_rules = other, .start = START_DOWNLOAD, .sense = true};
    if (length > 0)
        session_compare(options, bytes + 1, length - 1);
    at_rules_free(rules);
    at_rules_free(other);
    return 0;
}
