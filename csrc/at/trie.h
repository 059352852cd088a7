/* A prefix tree that finds which text of a dialect a line starts with, byte by byte as the line arrives. It
 * is built once and then only read. */
#ifndef AT_TRIE_H
#define AT_TRIE_H

#include "at/internal.h"

struct at_trie_node {
    int16_t child;      /* first node of the next level, or -1 */
    int16_t sibling;    /* next node of this level, or -1 */
    int16_t whole;      /* rule for a line that ends here, or AT_NO_RULE */
    int16_t prefix;     /* rule for a line that starts with this text, or AT_NO_RULE */
    unsigned char byte; /* may be AT_DIGITS */
};

/* Stands for one or more decimal digits in a text: "#,CLOSED" matches `0,CLOSED`, for example. */
#define AT_DIGITS '#'

/* Owns its nodes. Set up by at_trie_init. */
struct at_trie {
    struct at_trie_node *nodes;
    int16_t count;
    int16_t room;
    int16_t roots[256]; /* first level, indexed by byte */
};

/* The position of a line in the tree. */
struct at_trie_walk {
    int16_t node;    /* -1: nothing can match any more */
    int16_t prefix;  /* rule of the longest prefix so far, or AT_NO_RULE */
    uint32_t length; /* bytes so far */
    uint32_t prefix_length;
};

void at_trie_init(struct at_trie *trie);
void at_trie_free(struct at_trie *trie, const struct at_alloc *alloc);

/* False when there is no memory, or the tree has as many nodes as an index can address. A second rule for the
 * same text replaces the first. */
bool at_trie_add(struct at_trie *trie, const struct at_alloc *alloc, const char *text, size_t length,
                 bool prefix, int16_t rule);

void at_trie_start(struct at_trie_walk *walk);

/* Advances by one byte of the line. False when no text continues with it, so that further bytes make no
 * difference. */
bool at_trie_step(const struct at_trie *trie, struct at_trie_walk *walk, unsigned char byte);

/* The rule for a line that ends here: that of the whole line if there is one, otherwise that of the longest
 * prefix. */
int16_t at_trie_result(const struct at_trie *trie, const struct at_trie_walk *walk);

/* The rule whose text is exactly this, or AT_NO_RULE. */
int16_t at_trie_find(const struct at_trie *trie, const char *text, size_t length);

#endif
