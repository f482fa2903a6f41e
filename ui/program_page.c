/* Pages above the live screen: which one is open, what is selected in it. */
#include <stdio.h>

#include "ui/findings/findings.h"
#include "ui/pages/page.h"
#include "ui/program.h"

/* The page that an action opens, or NULL. */
static const struct ps_page *page_of(enum ps_action action)
{
    return action == PS_DO_DIAGNOSIS ? &ps_page_evidence : NULL;
}

bool ps_program_page_open(struct ps_program *p, enum ps_action action)
{
    const struct ps_page *page = page_of(action);
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

static void open_lesson(struct ps_program *p)
{
    const struct ps_finding_state *state = ps_findings_at(p->run.findings, p->overlay.selected);
    unsigned number = state ? state->finding.lesson : 0;
    char name[8];
    if (number == 0) {
        ps_program_say(p, PS_STYLE_NOTE, "there is no lesson about this");
        return;
    }
    snprintf(name, sizeof name, "%02u", number % 1000);
    const struct ps_preset *preset = ps_library_find(p->options->library, name);
    if (preset)
        ps_program_lesson(p, preset);
    else
        ps_program_say(p, PS_STYLE_WARNING, "lesson %u is not in this library", number);
}

static void move(struct ps_program *p, int by)
{
    select_finding(p, (int)p->overlay.selected + by);
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
        if (page_of(action) == p->overlay.page && p->overlay.page)
            ps_program_close_overlay(p); /* its own key again */
        else if (!ps_program_page_open(p, action))
            p->screen->action(p, action, argument);
        break;
    }
}
