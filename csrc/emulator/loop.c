#define _GNU_SOURCE /* ppoll: pacing of fast lines needs a finer resolution than the millisecond of poll */
#include "emulator/loop.h"

#include "emulator/alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

void emu_loop_init(struct emu_loop *loop, bool (*after_round)(void *owner), void *owner)
{
    *loop = (struct emu_loop){.after_round = after_round, .owner = owner};
    emu_loop_now(loop);
}

void emu_loop_free(struct emu_loop *loop)
{
    free(loop->watches);
    free(loop->polled);
    *loop = (struct emu_loop){0};
}

emu_time emu_loop_now(struct emu_loop *loop)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    loop->now = emu_seconds(now.tv_sec) + now.tv_nsec;
    return loop->now;
}

void emu_watch_add(struct emu_loop *loop, struct emu_watch *watch)
{
    if (watch->added)
        return;
    if (loop->count == loop->size) {
        loop->size = loop->size ? loop->size * 2 : 16;
        loop->watches = emu_resize(loop->watches, loop->size * sizeof *loop->watches);
        loop->polled = emu_resize(loop->polled, loop->size * sizeof *loop->polled);
    }
    loop->watches[loop->count++] = watch;
    watch->added = true;
}

void emu_watch_remove(struct emu_loop *loop, struct emu_watch *watch)
{
    for (size_t i = 0; watch->added && i < loop->count; i++) {
        if (loop->watches[i] == watch) {
            loop->watches[i] = NULL;
            watch->added = false;
        }
    }
}

void emu_timer_start(struct emu_loop *loop, struct emu_timer *timer, emu_time due)
{
    emu_timer_stop(loop, timer);
    struct emu_timer **at = &loop->timers;
    while (*at && (*at)->due <= due)
        at = &(*at)->next;
    timer->due = due;
    timer->running = true;
    timer->next = *at;
    *at = timer;
}

void emu_timer_stop(struct emu_loop *loop, struct emu_timer *timer)
{
    if (!timer->running)
        return;
    struct emu_timer **at = &loop->timers;
    while (*at != timer)
        at = &(*at)->next;
    *at = timer->next;
    timer->running = false;
}

static void close_gaps(struct emu_loop *loop)
{
    size_t kept = 0;
    for (size_t i = 0; i < loop->count; i++)
        if (loop->watches[i])
            loop->watches[kept++] = loop->watches[i];
    loop->count = kept;
}

static int wait_for_events(struct emu_loop *loop, bool hurry)
{
    close_gaps(loop);
    for (size_t i = 0; i < loop->count; i++) {
        const struct emu_watch *watch = loop->watches[i];
        loop->polled[i] = (struct pollfd){.fd = watch->events ? watch->fd : -1, .events = watch->events};
    }
    emu_time left = 0;
    if (!hurry && loop->timers) {
        left = loop->timers->due - emu_loop_now(loop);
        if (left < 0)
            left = 0;
    }
    struct timespec limit = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
    return ppoll(loop->polled, loop->count, hurry || loop->timers ? &limit : NULL, NULL);
}

static void call_ready(struct emu_loop *loop)
{
    size_t polled = loop->count;
    for (size_t i = 0; i < polled; i++) {
        struct emu_watch *watch = loop->watches[i];
        if (watch && loop->polled[i].fd >= 0 && loop->polled[i].revents)
            watch->on_ready(watch->owner, loop->polled[i].revents);
    }
}

static void call_due(struct emu_loop *loop)
{
    emu_time now = loop->now;
    while (loop->timers && loop->timers->due <= now) {
        struct emu_timer *timer = loop->timers;
        emu_timer_stop(loop, timer);
        timer->on_due(timer->owner);
    }
}

bool emu_loop_run(struct emu_loop *loop)
{
    for (;;) {
        bool more = loop->after_round(loop->owner);
        if (loop->stopping)
            return true;
        int ready = wait_for_events(loop, more);
        if (ready < 0 && errno != EINTR)
            return false;
        emu_loop_now(loop);
        if (ready > 0)
            call_ready(loop);
        call_due(loop);
    }
}
