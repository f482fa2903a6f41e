#include "model/lines.h"

#include <string.h>

#include "base/text.h"
#include "model/keys.h"

/* inih keeps 49 bytes of a name. */
#define WORD_MAX 49u

struct ps_lines ps_lines_begin(const char *text, size_t size)
{
    static const char mark[] = "\xef\xbb\xbf";
    bool marked = size >= 3 && memcmp(text, mark, 3) == 0;
    return (struct ps_lines){text, size, marked ? 3 : 0, 0};
}

bool ps_lines_next(struct ps_lines *lines, const char **line, size_t *length)
{
    if (lines->at >= lines->size)
        return false;
    const char *begin = lines->text + lines->at;
    const char *end = memchr(begin, '\n', lines->size - lines->at);
    size_t size = end ? (size_t)(end - begin) : lines->size - lines->at;
    lines->at += size + (end != NULL);
    lines->number++;
    if (end && size > 0 && begin[size - 1] == '\r')
        size--;
    *line = begin;
    *length = size;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The first of `stops` in text, or where a comment begins (';' behind white space), or the end: as
 * inih looks for them. */
static const char *find(const char *text, const char *stops)
{
    bool blank = false;
    for (; *text && !strchr(stops, *text); text++) {
        if (blank && *text == ';')
            break;
        blank = is_blank(*text);
    }
    return text;
}

static bool copy_word(struct ps_line *into, const char *begin, const char *end, struct ps_why *why)
{
    while (end > begin && is_blank(end[-1]))
        end--;
    size_t length = (size_t)(end - begin);
    if (length == 0)
        return ps_because(why, "a name is missing");
    if (length > WORD_MAX)
        return ps_because(why, "a name of more than %u bytes", WORD_MAX);
    memcpy(into->word, begin, length);
    into->word[length] = '\0';
    return true;
}

static bool read_section(struct ps_line *into, const char *text, struct ps_why *why)
{
    const char *end = find(text + 1, "]");
    if (*end != ']')
        return ps_because(why, "']' is missing");
    const char *rest = end + 1 + strspn(end + 1, " \t");
    if (*rest && *rest != ';' && *rest != '#')
        return ps_because(why, "text behind ']'");
    into->kind = PS_LINE_SECTION;
    if (is_blank(text[1]) || is_blank(end[-1]))
        return ps_because(why, "white space beside a bracket");
    return copy_word(into, text + 1, end, why);
}

static bool read_key(struct ps_line *into, const char *text, struct ps_why *why)
{
    const char *end = find(text, "=:");
    if (*end == ':')
        return ps_because(why, "expected 'key = value', not ':'");
    if (*end != '=')
        return ps_because(why, "expected 'key = value', '[section]' or '; comment'");
    into->kind = PS_LINE_KEY;
    return copy_word(into, text, end, why);
}

static bool read_line(struct ps_line *into, const char *line, size_t length, struct ps_why *why)
{
    if (length > PS_PRESET_MAX_LINE)
        return ps_because(why, "a line of more than %u bytes", PS_PRESET_MAX_LINE);
    if (memchr(line, '\0', length))
        return ps_because(why, "a NUL byte");
    char text[PS_PRESET_MAX_LINE + 1];
    memcpy(text, line, length);
    text[length] = '\0';
    if (!ps_value_clean(text, why))
        return false;
    const char *begin = text + strspn(text, " \t");
    into->kind = PS_LINE_EMPTY;
    if (*begin == '\0' || *begin == ';' || *begin == '#')
        return true;
    if (begin != text)
        return ps_because(why, "an indented line; write every value on one line");
    return *begin == '[' ? read_section(into, text, why) : read_key(into, text, why);
}

struct ps_line ps_line_read(const char *line, size_t length, struct ps_why *why)
{
    struct ps_line read = {PS_LINE_EMPTY, ""};
    if (!read_line(&read, line, length, why))
        read.kind = PS_LINE_WRONG;
    return read;
}
