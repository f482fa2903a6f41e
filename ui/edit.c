#include <string.h>

#include "ui/program.h"

enum ps_edit ps_edit_key(char *text, size_t size, int key)
{
    size_t n = strlen(text);
    switch (key) {
    case PS_INPUT_ENTER:
        return PS_EDIT_ACCEPT;
    case PS_INPUT_ESC:
        return PS_EDIT_CANCEL;
    case PS_INPUT_CTRL_U:
        text[0] = '\0';
        return PS_EDIT_CHANGED;
    case PS_INPUT_BACKSPACE:
        while (n > 0 && ((unsigned char)text[--n] & 0xc0) == 0x80)
            ;
        text[n] = '\0';
        return PS_EDIT_CHANGED;
    default:
        break;
    }
    char utf8[5];
    if (key < ' ' || key == 127 || key >= PS_INPUT_UP || ps_char_width((uint32_t)key) == 0)
        return PS_EDIT_NONE;
    size_t used = ps_utf8_put(utf8, (uint32_t)key);
    if (n + used + 1 > size)
        return PS_EDIT_NONE;
    memcpy(text + n, utf8, used + 1);
    return PS_EDIT_CHANGED;
}
