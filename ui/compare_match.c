#include "ui/compare_match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line of INI text; sections are remembered, so that a key has its full name. */
struct reader {
    const char *at;
    char section[80], key[120], value[256];
};

static bool next_key(struct reader *reader)
{
    while (*reader->at) {
        const char *line = reader->at;
        size_t length = strcspn(line, "\n");
        reader->at = line + length + (line[length] == '\n');
        const char *equals = memchr(line, '=', length);
        if (*line == '[') {
            snprintf(reader->section, sizeof reader->section, "%.*s", (int)strcspn(line, "]\n") - 1,
                     line + 1);
        } else if (equals) {
            int key = (int)(equals - line);
            while (key > 0 && line[key - 1] == ' ')
                key--;
            const char *value = equals + 1 + (equals[1] == ' ');
            snprintf(reader->key, sizeof reader->key, "%s.%.*s", reader->section, key, line);
            snprintf(reader->value, sizeof reader->value, "%.*s", (int)(line + length - value),
                     value);
            return true;
        }
    }
    return false;
}

static bool find(const char *text, const char *key, struct reader *found)
{
    *found = (struct reader){.at = text};
    while (next_key(found))
        if (strcmp(found->key, key) == 0)
            return true;
    found->value[0] = '\0';
    return false;
}

struct tally {
    FILE *to;
    unsigned same, different;
};

/* Keys of `mine` against those of `other`; the second time only what `other` lacks. */
static void walk(const char *mine, const char *other, bool second, struct tally *tally)
{
    struct reader reader = {.at = mine}, found;
    while (next_key(&reader)) {
        bool there = find(other, reader.key, &found);
        if (second && there)
            continue;
        if (there && strcmp(found.value, reader.value) == 0) {
            tally->same++;
            continue;
        }
        const char *a = second ? "not set" : reader.value;
        const char *b = second ? reader.value : there ? found.value : "not set";
        if (tally->different++ == 0)
            fputs("A and B differ in\n\n", tally->to);
        fprintf(tally->to, "- %s:  A `%s`,  B `%s`\n", reader.key, a, b);
    }
}

char *ps_compare_match(const struct ps_experiment *a, const struct ps_experiment *b)
{
    char *left = NULL, *right = NULL, *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    if (to && ps_experiment_text(a, &left, &size) == PS_OK &&
        ps_experiment_text(b, &right, &size) == PS_OK) {
        struct tally tally = {.to = to};
        walk(left, right, false, &tally);
        walk(right, left, true, &tally);
        if (tally.different == 0)
            fputs("A and B are the same in every setting: no difference is to be expected.\n", to);
        else
            fprintf(to, "\nThe other %u settings are the same for both: arrivals, mix, limits.\n",
                    tally.same);
        fputs("\nIn every round both run under the same seed, so tasks arrive at the same instants "
              "and draw the same times.\n",
              to);
    }
    bool whole = left && right;
    free(left);
    free(right);
    if (to)
        fclose(to);
    if (!whole) {
        free(text);
        return NULL;
    }
    return text;
}
