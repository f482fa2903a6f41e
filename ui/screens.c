#include "ui/program.h"

const struct ps_screen *const ps_screens[] = {
    &ps_screen_start,
    &ps_screen_live,
    &ps_screen_replay,
    &ps_screen_compare,
    &ps_screen_tune,
    &ps_screen_lesson,
    NULL,
};

_Static_assert(sizeof ps_screens / sizeof ps_screens[0] <= PS_SCREENS_MAX + 1, "room for states");

bool ps_screen_go(struct ps_program *p, const struct ps_screen *screen)
{
    if (screen->open && !screen->open(p))
        return false;
    const struct ps_screen *before = p->screen;
    if (before && before != screen && before->close)
        before->close(p);
    p->screen = screen;
    return true;
}

void **ps_screen_state(struct ps_program *p, const struct ps_screen *screen)
{
    unsigned i = 0;
    while (ps_screens[i] != screen)
        i++;
    return &p->screen_state[i];
}

void ps_screen_finish(const struct ps_canvas *root, struct ps_program *p)
{
    struct ps_canvas bar = ps_canvas_view(root, 0, root->height - 1, root->width, 1);
    ps_key_bar(&bar, ps_program_place(p));
    ps_overlay_above(root, &p->overlay, p->notice_style, ps_program_notice(p));
}
