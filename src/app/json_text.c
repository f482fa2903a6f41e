#include "app/json_text.h"

#include "base/text.h"

static void put_utf8(FILE *to, const char *at, size_t used, uint32_t code)
{
    if (code == 0xfffd)
        fputs("\xef\xbf\xbd", to);
    else
        fwrite(at, 1, used, to);
}

void ps_json_quote(FILE *to, const char *text)
{
    uint32_t code;
    fputc('"', to);
    for (size_t used; (used = ps_utf8_next(text, &code)); text += used) {
        if (code == '"' || code == '\\')
            fprintf(to, "\\%c", (char)code);
        else if (code == '\n')
            fputs("\\n", to);
        else if (code < 0x20 || code == '<' || code == 0x7f)
            fprintf(to, "\\u%04x", (unsigned)code);
        else
            put_utf8(to, text, used, code);
    }
    fputc('"', to);
}

void ps_html_text(FILE *to, const char *text)
{
    uint32_t code;
    for (size_t used; (used = ps_utf8_next(text, &code)); text += used) {
        if (code == '<')
            fputs("&lt;", to);
        else if (code == '>')
            fputs("&gt;", to);
        else if (code == '&')
            fputs("&amp;", to);
        else if (code == '"')
            fputs("&quot;", to);
        else if (code >= 0x20 || code == '\n' || code == '\t')
            put_utf8(to, text, used, code);
    }
}
