#include "model/complaint.h"

#include <stdarg.h>
#include <string.h>

#include "base/text.h"

void ps_complain(struct ps_complaints *complaints, const char *source, unsigned line,
                 const char *key, const char *value, const char *format, ...)
{
    if (complaints->count < PS_COMPLAINTS_MAX) {
        struct ps_complaint *complaint = &complaints->list[complaints->count];
        char text[sizeof complaint->text * 2];
        va_list args;
        va_start(args, format);
        vsnprintf(text, sizeof text, format, args);
        va_end(args);
        complaint->line = line;
        ps_text_clean(complaint->file, sizeof complaint->file, source);
        ps_text_clean(complaint->key, sizeof complaint->key, key);
        ps_text_clean(complaint->value, sizeof complaint->value, value ? value : "");
        ps_text_clean(complaint->text, sizeof complaint->text, text);
    }
    complaints->count++;
}

/* Append with a separator if something is there already; cut at the end of the buffer. */
static void append(char *into, size_t size, const char *separator, const char *text)
{
    size_t used = strlen(into);
    snprintf(into + used, size - used, "%s%s", used ? separator : "", text);
}

const char *ps_complaint_text(char *into, size_t size, const struct ps_complaint *complaint)
{
    if (size == 0)
        return into;
    into[0] = '\0';
    append(into, size, "", complaint->file);
    if (complaint->line) {
        char line[16];
        snprintf(line, sizeof line, "%u", complaint->line);
        append(into, size, ":", line);
    }
    if (complaint->key[0])
        append(into, size, ": ", complaint->key);
    if (complaint->value[0])
        append(into, size, complaint->key[0] ? " = " : ": ", complaint->value);
    append(into, size, ": ", complaint->text);
    return into;
}

bool ps_because(struct ps_why *why, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    return false;
}

void ps_because_near(struct ps_why *why, const char *word, const char *const *candidates)
{
    const char *near = ps_suggest(word, candidates);
    if (!near)
        return;
    char text[96];
    snprintf(text, sizeof text, "did you mean '%s'?", near);
    append(why->text, sizeof why->text, "; ", text);
}
