/* Runs a fuzzer of spec/fuzz without libFuzzer, the same way each time: with the given files, then with RUNS
 * mixtures and variations of them. Usage: PROGRAM RUNS FILE... */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_BYTES = 2048, /* of an input */
    MOST_INPUTS = 4096
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

struct input {
    uint8_t bytes[MOST_BYTES];
    size_t length;
};

static struct input *inputs[MOST_INPUTS];
static size_t input_count;
static uint64_t state = 1;

static size_t below(size_t limit)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return limit == 0 ? 0 : (size_t)(state >> 33) % limit;
}

static void load(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || input_count == MOST_INPUTS) {
        perror(path);
        exit(1);
    }
    struct input *input = calloc(1, sizeof *input);
    input->length = fread(input->bytes, 1, sizeof input->bytes, file);
    fclose(file);
    inputs[input_count++] = input;
}

/* Replaces the bytes from `at` on by a piece of another input. */
static void splice(struct input *input, const struct input *other)
{
    size_t at = below(input->length + 1), from = below(other->length), length = other->length - from;
    if (length > MOST_BYTES - at)
        length = MOST_BYTES - at;
    memcpy(input->bytes + at, other->bytes + from, length);
    input->length = at + length;
}

static void remove_some(struct input *input)
{
    size_t at = below(input->length), length = 1 + below(8);
    if (length > input->length - at)
        length = input->length - at;
    memmove(input->bytes + at, input->bytes + at + length, input->length - at - length);
    input->length -= length;
}

static void change(struct input *input)
{
    switch (below(4)) {
    case 0:
        splice(input, inputs[below(input_count)]);
        break;
    case 1:
        if (input->length > 0)
            remove_some(input);
        break;
    case 2:
        if (input->length > 0)
            input->bytes[below(input->length)] = (uint8_t)below(256);
        break;
    default:
        if (input->length > 0)
            input->bytes[below(input->length)] = (uint8_t)below(12); /* what a fuzzer takes for an action */
    }
}

/* In a copy of just this length, so that a sanitizer sees what is read beyond it. */
static void run(const struct input *input)
{
    uint8_t *bytes = malloc(input->length + 1);
    memcpy(bytes, input->bytes, input->length);
    LLVMFuzzerTestOneInput(bytes, input->length);
    free(bytes);
}

int main(int count, char **arguments)
{
    static struct input variation;
    long runs = count > 1 ? strtol(arguments[1], NULL, 10) : 0;
    for (int i = 2; i < count; i++)
        load(arguments[i]);
    for (size_t i = 0; i < input_count; i++)
        run(inputs[i]);
    for (long i = 0; i < runs && input_count > 0; i++) {
        variation = *inputs[below(input_count)];
        for (size_t changes = 1 + below(4); changes > 0; changes--)
            change(&variation);
        run(&variation);
    }
    return 0;
}
