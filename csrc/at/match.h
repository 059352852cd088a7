/* Questions about a line: whose is it, has it this shape, is it the one with this key? Whole names are
 * compared, never parts of a line. */
#ifndef AT_MATCH_H
#define AT_MATCH_H

#include "at/framer.h"

/* `+CREG` names the lines `+CREG: 1` and `+CREG,1`, not `+CREGX: 1`. */
bool at_is_named(const struct at_token *line, const char *name, size_t length);

/* The fields behind a prefix and its colon, as at_fields_match sees them. */
bool at_has_shape(const struct at_token *line, size_t prefix_length, const char *shape);

/* Does this 1-based field hold key? True without asking when there is nothing to compare (index 0, empty
 * key). */
bool at_has_key(const struct at_token *line, size_t prefix_length, unsigned field_index, const char *key);

/* Of `+NAME:`, which says whose the line is, so that it is nobody's bare answer; 0: it has no prefix. */
size_t at_prefix_length(const struct at_token *line);

/* How many raw bytes the rule says follow this line; 0: none. A length that is no number announces nothing.
 */
uint64_t at_block_length(const struct at_token *line, const struct at_line_rule *rule);

#endif
