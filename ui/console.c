#include "ui/console.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { WORD_BYTES = 80, NAMES_MAX = 64 };

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t");
}

/* ---- words ---- */

static bool is_known(const struct ps_console_context *context, const struct ps_console_word *word)
{
    return (word->places & context->place) != 0;
}

static void complain(const struct ps_console_context *context, const char *typed, unsigned found,
                     char *why, size_t size)
{
    const char *names[NAMES_MAX + 1];
    unsigned count = 0;
    for (const struct ps_console_word *w = ps_console_words; w->word && count < NAMES_MAX; w++)
        if (is_known(context, w))
            names[count++] = w->word;
    names[count] = NULL;
    const char *near = ps_suggest(typed, names);
    if (found > 1)
        snprintf(why, size, "'%s' could be several commands", typed);
    else
        snprintf(why, size, "unknown command '%s'%s%s%s", typed, near ? "; did you mean '" : "",
                 near ? near : "", near ? "'?" : " (Tab shows what there is)");
}

const struct ps_console_word *ps_console_find(const struct ps_console_context *context,
                                              const char *line, const char **arguments, char *why,
                                              size_t why_size)
{
    char typed[WORD_BYTES];
    line = skip_blanks(line);
    size_t length = strcspn(line, " \t");
    *arguments = skip_blanks(line + length);
    snprintf(typed, sizeof typed, "%.*s", (int)length, line);
    const struct ps_console_word *one = NULL;
    unsigned found = 0;
    for (const struct ps_console_word *w = ps_console_words; w->word; w++) {
        if (!is_known(context, w) || strncmp(w->word, typed, length) != 0)
            continue;
        if (w->word[length] == '\0')
            return w;
        one = w;
        found++;
    }
    if (found == 1 && length > 0)
        return one;
    complain(context, typed, found, why, why_size);
    return NULL;
}

/* ---- completion ---- */

/* What the last word of a line is one of. */
struct choice {
    const struct ps_console_word *word; /* NULL: it is the command itself */
    const char *begun;                  /* the last word, part of the line */
};

static struct choice choice_of(const struct ps_console_context *context, const char *line)
{
    char why[120];
    const char *arguments, *begun = skip_blanks(line);
    if (begun[strcspn(begun, " \t")] == '\0')
        return (struct choice){.begun = begun};
    struct choice choice = {.word = ps_console_find(context, line, &arguments, why, sizeof why),
                            .begun = arguments};
    return choice;
}

/* The next candidate from *i on that begins as the line ends; NULL: no more. */
static const char *next_match(struct ps_console_context *context, const struct choice *choice,
                              unsigned *i)
{
    size_t length = strlen(choice->begun);
    for (;;) {
        const char *name = NULL;
        if (choice->word) {
            name = choice->word->candidate ? choice->word->candidate(context, *i) : NULL;
        } else {
            while (ps_console_words[*i].word && !is_known(context, &ps_console_words[*i]))
                (*i)++;
            name = ps_console_words[*i].word;
        }
        if (!name)
            return NULL;
        (*i)++;
        if (strncmp(name, choice->begun, length) == 0)
            return name;
    }
}

bool ps_console_complete(struct ps_console_context *context, char *line, size_t size)
{
    struct choice choice = choice_of(context, line);
    if (!choice.word && choice.begun[strcspn(choice.begun, " \t")])
        return false;
    char common[WORD_BYTES] = "";
    unsigned i = 0, matches = 0;
    const char *name;
    while ((name = next_match(context, &choice, &i))) {
        if (matches++ == 0)
            snprintf(common, sizeof common, "%s", name);
        size_t same = 0;
        while (common[same] && common[same] == name[same])
            same++;
        common[same] = '\0';
    }
    size_t begun = strlen(choice.begun), whole = strlen(common), used = strlen(line);
    bool blank = matches == 1 && !choice.word;
    if (matches == 0 || (whole == begun && !blank) || used - begun + whole + blank >= size)
        return false;
    snprintf(line + used - begun, size - used + begun, "%s%s", common, blank ? " " : "");
    return true;
}

void ps_console_hint(struct ps_console_context *context, const char *line, char *into, size_t size)
{
    struct choice choice = choice_of(context, line);
    unsigned i = 0, matches = 0;
    size_t used = 0;
    const char *name, *only = NULL;
    into[0] = '\0';
    if (choice.word)
        used = (size_t)snprintf(into, size, "%s %s: %s", choice.word->word, choice.word->arguments,
                                choice.word->help);
    while ((name = next_match(context, &choice, &i)) && used < size) {
        only = name;
        used += (size_t)snprintf(into + used, size - used, "%s%s",
                                 matches       ? "  "
                                 : choice.word ? ".  "
                                               : "",
                                 name);
        matches++;
    }
    if (choice.word || matches != 1)
        return;
    for (const struct ps_console_word *w = ps_console_words; w->word; w++)
        if (is_known(context, w) && strcmp(w->word, only) == 0)
            snprintf(into, size, "%s%s%s: %s", w->word, *w->arguments ? " " : "", w->arguments,
                     w->help);
}

/* ---- history ---- */

void ps_console_keep(struct ps_console_history *history, const char *line)
{
    history->back = 0;
    if (!line[0])
        return;
    const char *last = history->list[(history->count - 1) % PS_CONSOLE_LINES];
    if (history->count && strcmp(last, line) == 0)
        return;
    snprintf(history->list[history->count++ % PS_CONSOLE_LINES], PS_CONSOLE_BYTES, "%s", line);
}

void ps_console_recall(struct ps_console_history *history, int direction, char *line)
{
    unsigned there = history->count < PS_CONSOLE_LINES ? history->count : PS_CONSOLE_LINES;
    if (direction < 0 ? history->back >= there : history->back == 0)
        return;
    if (history->back == 0)
        snprintf(history->draft, sizeof history->draft, "%s", line);
    history->back = direction < 0 ? history->back + 1 : history->back - 1;
    const char *from = history->back
                           ? history->list[(history->count - history->back) % PS_CONSOLE_LINES]
                           : history->draft;
    snprintf(line, PS_CONSOLE_BYTES, "%s", from);
}

/* ---- drawing ---- */

void ps_console_draw(const struct ps_canvas *c, const char *line, const char *hint,
                     const char *complaint)
{
    int words_max = c->height / 3; /* the run stays in sight */
    const char *words = complaint[0] ? complaint : hint;
    struct ps_canvas none = {.width = c->width};
    int rows = ps_canvas_wrap(&none, 1, 0, c->width - 2, 0, 0, PS_STYLE_NOTE, words), skip = 0;
    rows = rows > words_max ? words_max : rows;
    int y = c->height - rows - 2;
    ps_canvas_fill(c, 0, y, c->width, rows + 2, PS_STYLE_NORMAL, ' ');
    ps_canvas_hline(c, 0, y, c->width, PS_STYLE_FOCUS);
    ps_canvas_put(c, 1, y, PS_STYLE_FOCUS, " Command ");
    ps_canvas_paragraph(c, 1, y + 1, c->width - 2, rows,
                        complaint[0] ? PS_STYLE_WARNING : PS_STYLE_NOTE, words);
    int room = c->width - 4;
    while (line[skip] && ps_text_width(line + skip) > room)
        do
            skip++;
        while (((unsigned char)line[skip] & 0xc0) == 0x80);
    y = c->height - 1;
    ps_canvas_put(c, 1, y, PS_STYLE_KEY, ":");
    int end = ps_canvas_put(c, 2, y, PS_STYLE_STRONG, line + skip);
    ps_canvas_cell(c, end, y, PS_STYLE_SELECTION, ' ');
}
