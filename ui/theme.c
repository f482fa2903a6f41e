#include "ui/theme.h"

#include <string.h>
#include <strings.h>

struct style {
    int32_t dark, light;
    int ansi;
    unsigned attributes, mono;
};

static const struct style styles[PS_STYLE_COUNT] = {
#define PS_STYLE_ROW(name, dark, light, ansi, attr, mono) \
    [PS_STYLE_##name] = {dark, light, ansi, attr, mono},
    PS_STYLES(PS_STYLE_ROW)
#undef PS_STYLE_ROW
};

struct ps_paint ps_theme_paint(enum ps_theme theme, enum ps_style style)
{
    const struct style *s = &styles[style];
    if (theme == PS_THEME_MONO)
        return (struct ps_paint){PS_COLOUR_DEFAULT, PS_COLOUR_DEFAULT, s->mono};
    int ansi = s->ansi;
    if (theme == PS_THEME_LIGHT && ansi >= 8) /* bright colours vanish on white */
        ansi = ansi == 8 ? PS_COLOUR_DEFAULT : ansi - 8;
    if (theme == PS_THEME_LIGHT && ansi == 7)
        ansi = PS_COLOUR_DEFAULT;
    return (struct ps_paint){theme == PS_THEME_LIGHT ? s->light : s->dark, ansi, s->attributes};
}

enum ps_style ps_owner_style(unsigned worker, unsigned brightness)
{
    unsigned level = brightness < 1 ? 0 : brightness > 3 ? 2 : brightness - 1;
    return PS_STYLE_OWNER_A1 + level * PS_OWNER_COLOURS + worker % PS_OWNER_COLOURS;
}

static const char *const names[PS_THEME_COUNT] = {"dark", "light", "mono"};

const char *ps_theme_name(enum ps_theme theme)
{
    return names[theme];
}

bool ps_theme_find(const char *name, enum ps_theme *theme)
{
    for (unsigned i = 0; i < PS_THEME_COUNT; i++) {
        if (strcasecmp(name, names[i]) == 0) {
            *theme = (enum ps_theme)i;
            return true;
        }
    }
    return false;
}

enum ps_theme ps_theme_choose(enum ps_theme wanted, const char *no_color)
{
    return no_color && *no_color ? PS_THEME_MONO : wanted;
}

static int distance(int32_t a, int32_t b)
{
    int r = (a >> 16 & 255) - (b >> 16 & 255);
    int g = (a >> 8 & 255) - (b >> 8 & 255);
    int blue = (a & 255) - (b & 255);
    return 3 * r * r + 4 * g * g + 2 * blue * blue;
}

int ps_colour_256(int32_t rgb)
{
    static const int level[6] = {0, 95, 135, 175, 215, 255};
    int best = 16, best_distance = distance(rgb, 0);
    for (int i = 17; i < 256; i++) {
        int cube = i - 16, grey = 8 + 10 * (i - 232);
        int32_t colour = i < 232
                             ? level[cube / 36] << 16 | level[cube / 6 % 6] << 8 | level[cube % 6]
                             : grey << 16 | grey << 8 | grey;
        int d = distance(rgb, colour);
        if (d < best_distance) {
            best = i;
            best_distance = d;
        }
    }
    return best;
}

struct state_look {
    enum ps_style style;
    uint32_t glyph;
};

static const struct state_look looks[PS_STATE_COUNT] = {
    [PS_STATE_OFF] = {PS_STYLE_OFF, ' '},     [PS_STATE_IDLE] = {PS_STYLE_IDLE, 0x00b7},
    [PS_STATE_SEEK] = {PS_STYLE_SEEK, 's'},   [PS_STATE_RUN] = {PS_STYLE_RUN, 0x2587},
    [PS_STATE_LOCK] = {PS_STYLE_LOCK, 'x'},   [PS_STATE_GIL] = {PS_STYLE_GIL, 'g'},
    [PS_STATE_JOIN] = {PS_STYLE_JOIN, 'j'},   [PS_STATE_NET] = {PS_STYLE_NET, 0x2248},
    [PS_STATE_DISK] = {PS_STYLE_DISK, 'd'},   [PS_STATE_SLEEP] = {PS_STYLE_SLEEP, 'z'},
    [PS_STATE_BLOCK] = {PS_STYLE_BLOCK, 'b'}, [PS_STATE_PAUSED] = {PS_STYLE_PAUSED, '='},
};

enum ps_style ps_state_style(enum ps_state state, bool ready)
{
    return ready ? PS_STYLE_READY : looks[state].style;
}

uint32_t ps_state_glyph(enum ps_state state, bool ready, bool ascii)
{
    if (ready)
        return ascii ? '+' : 0x2592;
    return ascii ? (unsigned char)ps_state_symbol(state) : looks[state].glyph;
}

uint32_t ps_state_glyph_share(enum ps_state state, bool ready, double share, bool ascii)
{
    if (state != PS_STATE_RUN || ready || ascii)
        return ps_state_glyph(state, ready, ascii);
    return share >= 0.8 ? 0x2587 : share >= 0.55 ? 0x2585 : share >= 0.3 ? 0x2584 : 0x2582;
}
