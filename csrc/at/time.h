/* Time, as the engine is told it: microseconds of a clock that never goes back. */
#ifndef AT_TIME_H
#define AT_TIME_H

#include <stdint.h>

typedef int64_t at_time;

#define AT_NEVER INT64_MAX

static inline at_time at_ms(uint32_t milliseconds)
{
    return (at_time)milliseconds * 1000;
}

static inline at_time at_earlier(at_time a, at_time b)
{
    return a < b ? a : b;
}

#endif
