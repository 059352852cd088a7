/* Finds which of a dialect's texts a line begins with, byte by byte as the line comes in. Built once, read
 * often. */
#ifndef AT_TRIE_H
#define AT_TRIE_H

#include "at/internal.h"

struct at_trie_node {
    int16_t child;      /* the first of the next level, or -1 */
    int16_t sibling;    /* the next of this level, or -1 */
    int16_t whole;      /* the rule for a line that ends here, or AT_NO_RULE */
    int16_t prefix;     /* the rule for a line that goes on, or AT_NO_RULE */
    unsigned char byte; /* or AT_DIGITS */
};

/* In a text this byte stands for one or more decimal digits: "#,CLOSED" is the `0,CLOSED` of a multiplexed
 * link. */
#define AT_DIGITS '#'

/* Owns its nodes. Zero-initialise, add, free. */
struct at_trie {
    struct at_trie_node *nodes;
    int16_t count;
    int16_t room;
    int16_t roots[256]; /* the first level, by byte */
};

/* Where a line stands in the trie. */
struct at_trie_walk {
    int16_t node;    /* -1: nothing can match any more */
    int16_t prefix;  /* the longest prefix rule passed so far */
    uint32_t length; /* bytes walked */
    uint32_t prefix_length;
};

void at_trie_init(struct at_trie *trie);
void at_trie_free(struct at_trie *trie, const struct at_alloc *alloc);

/* False when there is no memory or no room for more nodes. A second rule for the same text replaces the
 * first. */
bool at_trie_add(struct at_trie *trie, const struct at_alloc *alloc, const char *text, size_t length,
                 bool prefix, int16_t rule);

void at_trie_start(struct at_trie_walk *walk);

/* Takes one byte of the line; false once no text goes on like this, so that no further byte matters. */
bool at_trie_step(const struct at_trie *trie, struct at_trie_walk *walk, unsigned char byte);

/* The rule for the line that ends now: a whole-line rule when all of it was walked, else the longest prefix.
 */
int16_t at_trie_result(const struct at_trie *trie, const struct at_trie_walk *walk);

/* The rule whose whole text this is, or AT_NO_RULE. */
int16_t at_trie_find(const struct at_trie *trie, const char *text, size_t length);

#endif
