/* For the checks of libhayes-at: what is not so is printed, and counted. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>

static int failures;

#define CHECK(truth)                                                                                         \
    do {                                                                                                     \
        if (!(truth)) {                                                                                      \
            printf("line %d: %s is not so\n", __LINE__, #truth);                                             \
            failures++;                                                                                      \
        }                                                                                                    \
    } while (0)

#endif
