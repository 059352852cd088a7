#include "at/trie.h"

#include <string.h>

enum {
    ROOT = -2
};

void at_trie_init(struct at_trie *trie)
{
    memset(trie, 0, sizeof *trie);
    for (int i = 0; i < 256; i++)
        trie->roots[i] = -1;
}

void at_trie_free(struct at_trie *trie, const struct at_alloc *alloc)
{
    if (trie->nodes != NULL)
        at_resize(alloc, trie->nodes, (size_t)trie->room * sizeof *trie->nodes, 0);
    at_trie_init(trie);
}

static int16_t new_node(struct at_trie *trie, const struct at_alloc *alloc, unsigned char byte)
{
    if (trie->count == trie->room) {
        int room = trie->room == 0 ? 64 : trie->room * 2;
        if (room > INT16_MAX)
            return -1;
        void *nodes = at_resize(alloc, trie->nodes, (size_t)trie->room * sizeof *trie->nodes,
                                (size_t)room * sizeof *trie->nodes);
        if (nodes == NULL)
            return -1;
        trie->nodes = nodes;
        trie->room = (int16_t)room;
    }
    struct at_trie_node *node = &trie->nodes[trie->count];
    *node = (struct at_trie_node){
        .child = -1, .sibling = -1, .whole = AT_NO_RULE, .prefix = AT_NO_RULE, .byte = byte};
    return trie->count++;
}

static int16_t child_of(const struct at_trie *trie, int16_t parent, unsigned char byte)
{
    if (parent == ROOT)
        return trie->roots[byte];
    int16_t at = trie->nodes[parent].child;
    while (at >= 0 && trie->nodes[at].byte != byte)
        at = trie->nodes[at].sibling;
    return at;
}

static int16_t add_child(struct at_trie *trie, const struct at_alloc *alloc, int16_t parent,
                         unsigned char byte)
{
    int16_t node = child_of(trie, parent, byte);
    if (node >= 0)
        return node;
    node = new_node(trie, alloc, byte);
    if (node < 0)
        return -1;
    if (parent == ROOT) {
        trie->roots[byte] = node;
    } else {
        trie->nodes[node].sibling = trie->nodes[parent].child;
        trie->nodes[parent].child = node;
    }
    return node;
}

bool at_trie_add(struct at_trie *trie, const struct at_alloc *alloc, const char *text, size_t length,
                 bool prefix, int16_t rule)
{
    int16_t node = ROOT;
    for (size_t i = 0; i < length; i++) {
        node = add_child(trie, alloc, node, (unsigned char)text[i]);
        if (node < 0)
            return false;
    }
    if (node == ROOT)
        return false;
    if (prefix)
        trie->nodes[node].prefix = rule;
    else
        trie->nodes[node].whole = rule;
    return true;
}

void at_trie_start(struct at_trie_walk *walk)
{
    *walk = (struct at_trie_walk){.node = ROOT, .prefix = AT_NO_RULE};
}

/* A digits node stands for any number of digits. An exact child takes precedence over it. */
static int16_t next_node(const struct at_trie *trie, int16_t node, unsigned char byte)
{
    int16_t next = child_of(trie, node, byte);
    if (next >= 0 || byte < '0' || byte > '9')
        return next;
    if (node != ROOT && trie->nodes[node].byte == AT_DIGITS)
        return node;
    return child_of(trie, node, AT_DIGITS);
}

bool at_trie_step(const struct at_trie *trie, struct at_trie_walk *walk, unsigned char byte)
{
    if (walk->node == -1)
        return false;
    walk->node = next_node(trie, walk->node, byte);
    if (walk->node < 0) {
        walk->node = -1;
        return false;
    }
    walk->length++;
    const struct at_trie_node *node = &trie->nodes[walk->node];
    if (node->prefix != AT_NO_RULE) {
        walk->prefix = node->prefix;
        walk->prefix_length = walk->length;
    }
    return true;
}

int16_t at_trie_result(const struct at_trie *trie, const struct at_trie_walk *walk)
{
    if (walk->node >= 0 && trie->nodes[walk->node].whole != AT_NO_RULE)
        return trie->nodes[walk->node].whole;
    return walk->prefix;
}

int16_t at_trie_find(const struct at_trie *trie, const char *text, size_t length)
{
    int16_t node = ROOT;
    for (size_t i = 0; i < length; i++) {
        node = child_of(trie, node, (unsigned char)text[i]);
        if (node < 0)
            return AT_NO_RULE;
    }
    return node == ROOT ? AT_NO_RULE : trie->nodes[node].whole;
}
