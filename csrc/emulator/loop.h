/* The event loop: descriptors, timers, and a callback after each round (iteration).
 *
 * Watches and timers belong to the structure that contains them, which must remove or stop them before its
 * memory is freed. They may be added, changed and removed in any callback. Callbacks must not block. */
#ifndef EMU_LOOP_H
#define EMU_LOOP_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Nanoseconds on the monotonic clock. */
typedef int64_t emu_time;

#define EMU_NEVER INT64_MAX

static inline emu_time emu_ms(int64_t milliseconds)
{
    return milliseconds * 1000000;
}

static inline emu_time emu_seconds(int64_t seconds)
{
    return seconds * 1000000000;
}

struct emu_watch {
    int fd;
    short events; /* as for poll; 0: ignore even errors; POLLERR: only errors and hang-up */
    void (*on_ready)(void *owner, short events);
    void *owner;
    bool added;
};

struct emu_timer {
    void (*on_due)(void *owner);
    void *owner;
    emu_time due;
    bool running;
    struct emu_timer *next;
};

struct emu_loop {
    emu_time now; /* time at which the current round started */
    bool stopping;
    /* Called after each round, before the next wait. Returns true if there is more to do, so that the loop
     * does not wait. */
    bool (*after_round)(void *owner);
    void *owner;

    struct emu_watch **watches; /* removed ones are NULL until the next round */
    struct pollfd *polled;
    size_t count, size;
    struct emu_timer *timers; /* sorted by due time */
};

void emu_loop_init(struct emu_loop *loop, bool (*after_round)(void *owner), void *owner);
void emu_loop_free(struct emu_loop *loop);

/* Runs until `stopping` is set. Returns false with errno set if poll fails. */
bool emu_loop_run(struct emu_loop *loop);

/* Updates loop->now, for callers that have just spent time. */
emu_time emu_loop_now(struct emu_loop *loop);

void emu_watch_add(struct emu_loop *loop, struct emu_watch *watch);
void emu_watch_remove(struct emu_loop *loop, struct emu_watch *watch);

/* Starts or restarts a timer. It fires in this or the next round if `due` has passed. */
void emu_timer_start(struct emu_loop *loop, struct emu_timer *timer, emu_time due);
void emu_timer_stop(struct emu_loop *loop, struct emu_timer *timer);

#endif
