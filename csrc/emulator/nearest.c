#include "emulator/nearest.h"

#include <string.h>

enum {
    LONGEST = 40,
};

/* The edit distance. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t row[LONGEST + 1];
    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t least = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < least)
                least = row[j] + 1;
            if (row[j - 1] + 1 < least)
                least = row[j - 1] + 1;
            row[j] = least;
        }
    }
    return row[b_length];
}

const char *emu_nearest(const char *word, size_t length, const char *(*name_at)(size_t index))
{
    const char *best = NULL, *name;
    size_t least = length / 2 > 2 ? length / 2 + 1 : 3;
    if (length > LONGEST)
        return NULL;
    for (size_t i = 0; (name = name_at(i)) != NULL; i++) {
        size_t its_length = strlen(name);
        size_t apart = its_length <= LONGEST ? distance(word, length, name, its_length) : least;
        if (apart < least) {
            best = name;
            least = apart;
        }
    }
    return best;
}
