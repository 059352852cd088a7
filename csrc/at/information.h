/* Which lines are information responses of the command in flight, or its echo. For csrc/at only. */
#ifndef AT_INFORMATION_H
#define AT_INFORMATION_H

#include "at/engine.h"

/* Whether the line has the name of the command in flight, or of one of several on its line. */
bool at_has_name_of_command(const struct at_engine *engine, const struct at_token *line);

/* Whether the line answers the command in flight, or the one that was given up. rule: of the line, or NULL.
 */
bool at_is_information(const struct at_engine *engine, const struct at_token *line,
                       const struct at_line_rule *rule);

/* Whether the line belongs to the command in flight because nothing says that it cannot: no rule knows the
 * line, and none says how this command is answered (`AT+CCID` may be answered with `+QCCID: …`). */
bool at_is_likely_information(const struct at_engine *engine, const struct at_token *line);

/* Whether the line is the echo of the command line, complete or as one of the parts between which a URC was
 * inserted. */
bool at_is_echo(struct at_engine *engine, const struct at_token *line);

#endif
