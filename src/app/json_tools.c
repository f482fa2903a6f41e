#include "app/json_tools.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

json_t *ps_json_text(const char *text)
{
    char clean[512];
    ps_text_clean(clean, sizeof clean, text);
    if (!ps_utf8_valid(clean, strlen(clean)))
        for (char *c = clean; *c; c++)
            if ((unsigned char)*c >= 0x80)
                *c = '?';
    return json_string(clean);
}

json_t *ps_json_number(double number)
{
    return isfinite(number) ? json_real(number) : json_null();
}

enum ps_err ps_json_print(json_t *root, size_t flags, FILE *to)
{
    char *text = root ? json_dumps(root, flags | JSON_REAL_PRECISION(9)) : NULL;
    json_decref(root);
    if (!text)
        return PS_ENOMEM;
    int written = fprintf(to, "%s\n", text);
    free(text);
    return written >= 0 && fflush(to) == 0 ? PS_OK : PS_EIO;
}
