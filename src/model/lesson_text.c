#include "model/lesson_text.h"

#include <string.h>

#include "base/text.h"

/* A line at a time, with one line that may be given back by not advancing. */
struct cursor {
    const char *at; /* the next line; "" at the end */
    unsigned line;  /* its number */
    struct ps_lesson_fault *fault;
};

static bool refuse(struct cursor *cursor, const char *text)
{
    *cursor->fault = (struct ps_lesson_fault){cursor->line, text};
    return false;
}

static size_t line_length(const char *at)
{
    return strcspn(at, "\n");
}

static void advance(struct cursor *cursor)
{
    cursor->at += line_length(cursor->at);
    cursor->at += *cursor->at == '\n';
    cursor->line++;
}

static bool is_heading(const char *at)
{
    return *at == '#';
}

static bool is_empty(const char *at)
{
    return line_length(at) == strspn(at, " \t\r");
}

static bool is_answer(const char *at)
{
    return at[0] >= '1' && at[0] <= '9' && at[1] == '.' && at[2] == ' ';
}

static struct ps_slice trimmed(const char *begin, const char *end)
{
    while (begin < end && strchr(" \t\r\n", *begin))
        begin++;
    while (end > begin && strchr(" \t\r\n", end[-1]))
        end--;
    return (struct ps_slice){begin, (size_t)(end - begin)};
}

static bool check_lines(struct cursor cursor)
{
    for (; *cursor.at; advance(&cursor)) {
        size_t length = line_length(cursor.at);
        unsigned columns = 0;
        uint32_t code_point;
        if (!ps_utf8_valid(cursor.at, length))
            return refuse(&cursor, "not valid UTF-8");
        for (const char *at = cursor.at; at < cursor.at + length;) {
            at += ps_utf8_next(at, &code_point);
            if (code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0))
                return refuse(&cursor, "a control byte");
            columns++;
        }
        if (columns > PS_LESSON_COLUMNS)
            return refuse(&cursor, "a line of more than 76 columns");
    }
    return true;
}

static bool read_heading(struct cursor *cursor, const char *heading)
{
    while (*cursor->at && is_empty(cursor->at))
        advance(cursor);
    size_t length = line_length(cursor->at);
    if (length != strlen(heading) || strncmp(cursor->at, heading, length) != 0)
        return refuse(cursor, heading);
    advance(cursor);
    return true;
}

/* Prose up to the next heading, or up to the first answer. */
static bool read_prose(struct cursor *cursor, bool to_answers, struct ps_slice *into)
{
    const char *begin = cursor->at;
    while (*cursor->at && !is_heading(cursor->at) && !(to_answers && is_answer(cursor->at)))
        advance(cursor);
    *into = trimmed(begin, cursor->at);
    return into->length > 0 || refuse(cursor, "an empty section");
}

static bool read_answer(struct cursor *cursor, struct ps_lesson *lesson, unsigned *stars)
{
    unsigned number = lesson->answer_count;
    if (number == PS_ANSWERS_MAX)
        return refuse(cursor, "more than four answers");
    if ((unsigned)(cursor->at[0] - '1') != number)
        return refuse(cursor, "answers are numbered 1, 2, 3, 4");
    const char *begin = cursor->at + 3;
    advance(cursor);
    while (strncmp(cursor->at, "   ", 3) == 0 && !is_empty(cursor->at))
        advance(cursor);
    struct ps_slice answer = trimmed(begin, cursor->at);
    if (answer.length > 2 && strncmp(answer.at + answer.length - 2, " *", 2) == 0) {
        answer = trimmed(answer.at, answer.at + answer.length - 2);
        lesson->right = number;
        ++*stars;
    }
    lesson->answers[lesson->answer_count++] = answer;
    return answer.length > 0 || refuse(cursor, "an empty answer");
}

static bool read_answers(struct cursor *cursor, struct ps_lesson *lesson)
{
    unsigned stars = 0;
    for (; *cursor->at && !is_heading(cursor->at);) {
        if (is_empty(cursor->at))
            advance(cursor);
        else if (!is_answer(cursor->at))
            return refuse(cursor, "text behind the answers");
        else if (!read_answer(cursor, lesson, &stars))
            return false;
    }
    if (lesson->answer_count < 2)
        return refuse(cursor, "fewer than two answers");
    return stars == 1 || refuse(cursor, "exactly one answer ends in ' *'");
}

static bool read_title(struct cursor *cursor, struct ps_lesson *lesson)
{
    if (strncmp(cursor->at, "# ", 2) != 0)
        return refuse(cursor, "# Title");
    lesson->title = trimmed(cursor->at + 2, cursor->at + line_length(cursor->at));
    if (lesson->title.length == 0)
        return refuse(cursor, "an empty title");
    advance(cursor);
    return true;
}

/* The last section, and the only one that need not be there. */
static bool read_notes(struct cursor *cursor, struct ps_lesson *lesson)
{
    while (*cursor->at && is_empty(cursor->at))
        advance(cursor);
    if (!*cursor->at)
        return true;
    return read_heading(cursor, "## Teacher notes") && read_prose(cursor, false, &lesson->notes);
}

bool ps_lesson_parse(const char *text, struct ps_lesson *lesson, struct ps_lesson_fault *fault)
{
    struct cursor cursor = {text, 1, fault};
    memset(lesson, 0, sizeof *lesson);
    const struct {
        const char *heading;
        struct ps_slice *into;
    } sections[] = {
        {"## Watch for", &lesson->watch},        {"## Why", &lesson->why},
        {"## In real life", &lesson->real_life}, {"## Try next", &lesson->try_next},
        {"## References", &lesson->references},
    };
    if (!check_lines(cursor) || !read_title(&cursor, lesson) ||
        !read_heading(&cursor, "## Question") || !read_prose(&cursor, true, &lesson->question) ||
        !read_answers(&cursor, lesson))
        return false;
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        if (!read_heading(&cursor, sections[i].heading) ||
            !read_prose(&cursor, false, sections[i].into))
            return false;
    if (!read_notes(&cursor, lesson))
        return false;
    return *cursor.at == '\0' || refuse(&cursor, "text behind the teacher notes");
}
