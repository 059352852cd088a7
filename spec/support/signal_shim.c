/* Preloaded: the program handles a signal that comes all the time, and whose handler does not let system
 * calls go on (without SA_RESTART). HAYES_SIGNAL_US says how often. The timer ends with exec(), so that none
 * of the programs that this one starts gets the signal before it handles it. */
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

static void do_nothing(int number)
{
    (void)number;
}

__attribute__((constructor)) static void start(void)
{
    const char *us = getenv("HAYES_SIGNAL_US");
    struct sigaction action = {.sa_handler = do_nothing};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGWINCH};
    struct timespec every = {.tv_nsec = (us ? atol(us) : 300) * 1000};
    timer_t timer;
    sigaction(SIGWINCH, &action, NULL);
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) == 0)
        timer_settime(timer, 0, &(struct itimerspec){.it_interval = every, .it_value = every}, NULL);
}
