/* What a token means: the part of the engine that looks at what has come. Inside csrc/at only. */
#ifndef AT_MEANING_H
#define AT_MEANING_H

#include "at/engine.h"

enum {
    AT_QUIET_MS = 100,  /* before the first probe after a command was given up */
    AT_LOST_MS = 30000, /* so long the module may stay out of step before its host is told */
};

/* Fills the event with a token; NULL: none. */
enum at_event_kind at_engine_tell(struct at_event *event, enum at_event_kind kind,
                                  const struct at_token *token);

/* Says what the token means, and does what follows from it. NONE when its host need not know. */
enum at_event_kind at_engine_on_token(struct at_engine *engine, struct at_event *event,
                                      const struct at_token *token, at_time now);

/* In data.c: data mode begins, or a download; what has come and not been looked at is for it. */
void at_engine_begin_data_mode(struct at_engine *engine, at_time now);
void at_engine_begin_download(struct at_engine *engine, uint64_t total);

/* Whether one of them takes the input; what there is to tell of it then. */
bool at_engine_is_in_data(const struct at_engine *engine);
enum at_event_kind at_engine_next_data(struct at_engine *engine, struct at_event *event, at_time now);

/* A download that nobody waits for any more: what comes is lines. */
void at_engine_stop_download(struct at_engine *engine);

/* In meaning.c: the answer of the command in flight is damaged. */
void at_engine_note_damage(struct at_engine *engine, enum at_damage damage);

/* In engine.c: the command in flight has ended; its host will hear no more of it, and the slot stays until
 * the module's answer has come; the engine is to get in step. */
void at_engine_free_slot(struct at_engine *engine, at_time now);
void at_engine_give_up(struct at_engine *engine, enum at_result result, at_time now);
void at_engine_start_sync(struct at_engine *engine, const struct at_sync_start *start, at_time now);

/* In engine.c: no command is in flight, and what the module takes next is not known. prompted: as data,
 * perhaps, of which it wants so many bytes more (0: nobody knows). */
void at_engine_doubt_module(struct at_engine *engine, bool prompted, uint64_t data_owed, at_time now);

#endif
