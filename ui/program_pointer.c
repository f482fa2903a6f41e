/* The mouse: what a click stands for, and what lies under it. */
#include "base/clock.h"
#include "ui/axis.h"
#include "ui/program.h"
#include "ui/program_scope.h"

/* While it moves, what is under it is drawn so often at most: many reports, one frame. */
#define HOVER_NS (33 * (uint64_t)PS_NS_PER_MS)
/* Under a mouse that lies still time goes on, and after a while nobody looks there any more. */
#define POINTED_NS (10 * (uint64_t)PS_NS_PER_S)

void ps_program_click(struct ps_program *p, int x, int y)
{
    const struct ps_hit *hit = ps_canvas_hit_at(p->canvas, x, y);
    if (!hit)
        return;
    struct ps_hit chosen = *hit;
    p->clicked.x = x - chosen.x;
    p->clicked.width = chosen.width;
    enum ps_place place = ps_program_place(p);
    /* Under an overlay nothing answers but the overlay and the key bar, which is the overlay's. */
    bool on_help = place == PS_AT_TEXT && p->overlay.kind == PS_OVERLAY_HELP && y > 0 &&
                   y < p->canvas->height - 2;
    if (on_help)
        ps_program_close_text(p);
    ps_program_act(p, (enum ps_action)chosen.action, chosen.argument);
}

/* The instant in column x of a graph or of lanes that are so wide. */
static bool instant_at(const struct ps_live_view *v, bool lanes, int x, int width, uint64_t *at_ns)
{
    struct ps_axis axis = lanes ? ps_axis_lanes(v, width) : ps_axis_graph(v, width);
    return ps_axis_instant(&axis, v, lanes ? x : 2 * x + 1, at_ns);
}

/* A click on a graph or a lane. */
void ps_program_look_at(struct ps_program *p, enum ps_action action, int argument)
{
    struct ps_live_view *v = &p->run.view;
    bool lanes = action == PS_DO_LOOK_LANES;
    if (lanes)
        v->selected = (unsigned)argument;
    if (!instant_at(v, lanes, p->clicked.x, p->clicked.width, &v->cursor_ns))
        ps_program_say(p, PS_STYLE_NOTE, "nothing has been measured there");
}

bool ps_program_hover(struct ps_program *p)
{
    struct ps_live_view *v = &p->run.view;
    enum ps_place place = ps_program_place(p);
    bool shown = place == PS_AT_LIVE || place == PS_AT_REPLAY;
    const struct ps_hit *hit = NULL;
    uint64_t before = v->hover.at_ns, at = 0;
    int worker = v->hover.worker;
    v->hover.worker = -1;
    if (shown && p->pointer.moved_ns && ps_now_ns() - p->pointer.moved_ns < POINTED_NS)
        hit = ps_canvas_hit_at(p->canvas, p->pointer.x, p->pointer.y);
    bool lanes = hit && hit->action == PS_DO_LOOK_LANES;
    if (hit && (lanes || hit->action == PS_DO_LOOK_GRAPH) &&
        instant_at(v, lanes, p->pointer.x - hit->x, hit->width, &at) && lanes)
        v->hover.worker = hit->argument;
    v->hover.at_ns = at;
    return before != at || (at && worker != v->hover.worker);
}

void ps_program_point(struct ps_program *p, int x, int y)
{
    p->pointer.x = x;
    p->pointer.y = y;
    p->pointer.moved_ns = ps_now_ns();
    p->pointer.moved = true;
}

uint64_t ps_program_hover_due_ns(const struct ps_program *p, uint64_t shown_ns)
{
    return p->pointer.moved ? shown_ns + HOVER_NS : UINT64_MAX;
}

bool ps_program_hovered(struct ps_program *p, uint64_t shown_ns, uint64_t now_ns)
{
    if (now_ns < ps_program_hover_due_ns(p, shown_ns))
        return false;
    p->pointer.moved = false;
    return ps_program_hover(p);
}
