/* Pages above the live screen: which one is open, what is selected in it. */
#include <stdio.h>

#include "ui/findings/findings.h"
#include "ui/pages/page.h"
#include "ui/program.h"
#include "ui/widgets/widget.h"

static bool on_types(const struct ps_program *p)
{
    return ps_panels[p->run.view.panel] == &ps_widget_types;
}

/* What is selected in the panel that has the focus. */
static const struct ps_page *detail_of(const struct ps_program *p)
{
    const struct ps_widget *panel = ps_panels[p->run.view.panel];
    if (panel == &ps_widget_types)
        return &ps_page_type;
    if (panel == &ps_widget_diagnosis)
        return &ps_page_evidence;
    return panel == &ps_widget_lanes || panel == &ps_widget_steals ? &ps_page_worker : NULL;
}

/* The page that an action opens, or NULL. */
static const struct ps_page *page_of(const struct ps_program *p, enum ps_action action)
{
    const struct ps_page *open = p->overlay.kind == PS_OVERLAY_PAGE ? p->overlay.page : NULL;
    switch (action) {
    case PS_DO_DIAGNOSIS:
        return &ps_page_evidence;
    case PS_DO_WHY:
        return on_types(p) ? &ps_page_type : &ps_page_why;
    case PS_DO_DETAIL:
        return open ? (on_types(p) ? &ps_page_type : &ps_page_worker) : detail_of(p);
    default:
        return NULL;
    }
}

bool ps_program_page_open(struct ps_program *p, enum ps_action action)
{
    const struct ps_page *page = page_of(p, action);
    if (!page)
        return false;
    ps_program_open(p, PS_OVERLAY_PAGE, "");
    p->overlay.page = page;
    return true;
}

static void scroll(struct ps_program *p, int by)
{
    int limit = ps_page_scroll_max(&p->run.view, p->canvas->width, p->canvas->height - 2);
    int to = p->overlay.scroll + by;
    p->overlay.scroll = to > limit ? limit : to < 0 ? 0 : to;
}

static void select_finding(struct ps_program *p, int number)
{
    int last = (int)p->run.findings->count - 1;
    number = number > last ? last : number;
    p->overlay.selected = (unsigned)(number < 0 ? 0 : number);
    p->overlay.scroll = 0;
}

/* That of the finding, or of the run. */
static void open_lesson(struct ps_program *p)
{
    const struct ps_finding_state *state = ps_findings_at(p->run.findings, p->overlay.selected);
    unsigned number = state ? state->finding.lesson : 0;
    char name[8];
    if (p->overlay.page != &ps_page_evidence || number == 0) {
        p->screen->action(p, PS_DO_LESSON, 0);
        return;
    }
    snprintf(name, sizeof name, "%02u", number % 1000);
    const struct ps_preset *preset = ps_library_find(p->options->library, name);
    if (preset)
        ps_program_lesson(p, preset);
    else
        ps_program_say(p, PS_STYLE_WARNING, "lesson %u is not in this library", number);
}

static unsigned within(int value, unsigned count)
{
    value = value >= (int)count ? (int)count - 1 : value;
    return value > 0 ? (unsigned)value : 0;
}

/* Through what the page is about: findings, task types, workers. */
static void move(struct ps_program *p, int by)
{
    struct ps_live_view *v = &p->run.view;
    if (p->overlay.page == &ps_page_evidence)
        select_finding(p, (int)p->overlay.selected + by);
    else if (p->overlay.page == &ps_page_type)
        v->selected_type = within((int)v->selected_type + by, v->snapshot->types);
    else
        v->selected = within((int)v->selected + by, v->snapshot->workers);
}

void ps_program_page_action(struct ps_program *p, enum ps_action action, int argument)
{
    int page = p->canvas->height - 5;
    switch (action) {
    case PS_DO_BACK:
        ps_program_close_overlay(p);
        break;
    case PS_DO_UP:
        move(p, -1);
        break;
    case PS_DO_DOWN:
        move(p, 1);
        break;
    case PS_DO_FIRST:
        move(p, -100000);
        break;
    case PS_DO_LAST:
        move(p, 100000);
        break;
    case PS_DO_PAGE_UP:
        scroll(p, -page);
        break;
    case PS_DO_PAGE_DOWN:
        scroll(p, page);
        break;
    case PS_DO_SELECT_ITEM:
        select_finding(p, argument);
        break;
    case PS_DO_LESSON:
        open_lesson(p);
        break;
    default:
        if (page_of(p, action) == p->overlay.page && p->overlay.page)
            ps_program_close_overlay(p); /* its own key again */
        else if (!ps_program_page_open(p, action))
            p->screen->action(p, action, argument);
        break;
    }
}
