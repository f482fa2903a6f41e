#include <stdio.h>
#include <stdlib.h>

#include "ui/canvas.h"

char *ps_canvas_text(const struct ps_canvas *root)
{
    size_t room = ((size_t)root->width * 4 + 1) * (size_t)root->height + 1;
    char *text = malloc(room);
    if (!text)
        return NULL;
    size_t n = 0;
    for (int y = 0; y < root->height; y++) {
        size_t end = n;
        for (int x = 0; x < root->width; x++) {
            uint32_t code = root->cells[(ptrdiff_t)y * root->stride + x].code;
            if (code == 0)
                continue;
            n += ps_utf8_put(text + n, code);
            if (code != ' ')
                end = n;
        }
        n = end;
        text[n++] = '\n';
    }
    text[n] = '\0';
    return text;
}
