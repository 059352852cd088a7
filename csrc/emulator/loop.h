/* The one loop of the program: descriptors, timers, and a settle step after each round of them.
 *
 * Watches and timers are owned by whoever embeds them; they must be removed or stopped before that memory
 * goes. Both may be added, changed and removed from inside any callback. Nothing called from here may block.
 */
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
    short events; /* as poll's; 0: leave it alone, not even errors; POLLERR: errors and hang-up alone */
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
    emu_time now; /* when the current round began */
    bool stopping;
    /* Runs after each round and before the next wait. True: there is more to do, so don't wait. */
    bool (*after_round)(void *owner);
    void *owner;

    struct emu_watch **watches; /* a removed one leaves NULL until the next round */
    struct pollfd *polled;
    size_t count, size;
    struct emu_timer *timers; /* the next due first */
};

void emu_loop_init(struct emu_loop *loop, bool (*after_round)(void *owner), void *owner);
void emu_loop_free(struct emu_loop *loop);

/* Until stopping is set. False when poll failed; errno tells why. */
bool emu_loop_run(struct emu_loop *loop);

/* Brings loop->now up to date, for callers that have just spent time. */
emu_time emu_loop_now(struct emu_loop *loop);

void emu_watch_add(struct emu_loop *loop, struct emu_watch *watch);
void emu_watch_remove(struct emu_loop *loop, struct emu_watch *watch);

/* (Re)starts it; due at once when that time is past. */
void emu_timer_start(struct emu_loop *loop, struct emu_timer *timer, emu_time due);
void emu_timer_stop(struct emu_loop *loop, struct emu_timer *timer);

#endif
