#include "ui/live_screen.h"

#include <stdio.h>
#include <string.h>

#include "ui/findings/findings.h"
#include "ui/giants.h"
#include "ui/pages/page.h"
#include "ui/panels.h"
#include "ui/tabs.h"
#include "ui/widgets/widget.h"

/* A row of panels. Widths are shares of the whole; at least one panel. */
#define BAND_PANELS 4u
struct band {
    int height; /* with the title row */
    unsigned count;
    const struct ps_widget *panel[BAND_PANELS];
    int share[BAND_PANELS];
};

#define BANDS_MAX 4u
struct layout {
    bool frame;   /* borders at the sides and below */
    bool summary; /* a third row of figures under the header */
    int key_rows;
    int scrub; /* rows of it: a replay has one */
    int alert; /* rows that say that the pool is deadlocked; 0: it is not */
    int marks; /* a row of figures of cursor and marks above the last line; 0: there are none */
    unsigned count;
    struct band band[BANDS_MAX];
};

static int least(int a, int b)
{
    return a < b ? a : b;
}
static int most(int a, int b)
{
    return a > b ? a : b;
}

/* Divide `rows` among lanes and two bands below: the lanes get what they want up to `share`
 * percent, the rest goes to the bands up to their limits, and what is left back to the lanes. */
static void divide(int rows, int lanes_wanted, int share, int first[2], int limit[2], int *lanes)
{
    int below = first[0] + first[1];
    *lanes = most(1, least(lanes_wanted, most(rows - below, rows * share / 100)));
    int left = rows - *lanes - below;
    for (int i = 0; left > 0 && (first[0] < limit[0] || first[1] < limit[1]); i = !i) {
        if (first[i] < limit[i]) {
            first[i]++;
            left--;
        }
    }
    for (int i = 0; left < 0 && first[0] + first[1] > 2; i = !i) {
        if (first[i] > 1) {
            first[i]--;
            left++;
        }
    }
    *lanes += left;
}

/* ---- a deadlock ---- */

static int draw_message(const struct ps_canvas *c, const struct ps_snapshot *s)
{
    static const char prefix[] = "deadlock: ";
    bool known = strncmp(s->message, prefix, sizeof prefix - 1) == 0;
    char text[PS_MESSAGE_BYTES + 16];
    snprintf(text, sizeof text, "DEADLOCK: %s", s->message + (known ? sizeof prefix - 1 : 0));
    return ps_canvas_wrap(c, 1, 0, c->width - 2, c->height, 0, PS_STYLE_ALERT, text);
}

/* What is offered, in the order of what one would try. */
static void draw_offers(const struct ps_canvas *c, int y)
{
    static const enum ps_action offers[] = {PS_DO_WORKERS_MORE, PS_DO_RESTART, PS_DO_ENGINE,
                                            PS_DO_LESSON};
    int x = 1;
    for (unsigned i = 0; i < sizeof offers / sizeof offers[0]; i++) {
        const struct ps_binding *b = ps_binding_of(PS_AT_LIVE, offers[i]);
        const char *label = offers[i] == PS_DO_WORKERS_MORE ? "one worker more" : b->label;
        int width = ps_text_width(b->name) + 1 + ps_text_width(label);
        ps_canvas_hit(c, x, y, width, 1, (int)b->action, b->argument);
        x = ps_canvas_put(c, x, y, PS_STYLE_KEY, b->name);
        x = ps_canvas_put(c, x + 1, y, PS_STYLE_STRONG, label) + 3;
    }
}

/* Returns the rows it takes; a canvas of height 0 measures. */
static int draw_alert(const struct ps_canvas *c, const struct ps_live_view *view)
{
    if (!ps_view_deadlocked(view))
        return 0;
    if (c->height > 0)
        ps_canvas_fill(c, 0, 0, c->width, c->height - !view->replay, PS_STYLE_ALERT, ' ');
    int rows = draw_message(c, view->snapshot);
    if (!view->replay) /* what happened cannot be mended */
        draw_offers(c, rows);
    return rows + !view->replay;
}

static int alert_rows(const struct ps_canvas *root, const struct ps_live_view *view)
{
    struct ps_canvas none = {.width = root->width};
    return ps_view_deadlocked(view) ? draw_message(&none, view->snapshot) + !view->replay : 0;
}

/* Whose keys are below while nothing lies above. */
static enum ps_place own_place(const struct ps_live_view *view)
{
    return view->replay ? PS_AT_REPLAY : PS_AT_LIVE;
}

/* ---- an order of the user's ---- */

/* The first panel over the whole width, the others in bands below of at most `wide` each. Returns
 * how many panels found a place. */
static void ordered_bands(struct layout *layout, int rows, int wide, unsigned bands,
                          const struct ps_live_view *view, const struct ps_figures *f)
{
    unsigned char shown[PS_ORDER_MAX];
    unsigned count = ps_panels_shown(&view->look, shown), next = 1;
    unsigned below = (count - 1 + (unsigned)wide - 1) / (unsigned)wide;
    below = below < bands ? below : bands;
    const struct ps_widget *first = ps_panels[shown[0]];
    rows -= 1 + (int)below;
    int big = first == &ps_widget_lanes ? least(ps_lanes_wanted(f), rows * 58 / 100) : rows / 2;
    big = below ? most(1, most(big, rows - 10 * (int)below)) : rows;
    layout->band[layout->count++] = (struct band){big + 1, 1, {first}, {100}};
    for (unsigned b = 0; b < below; b++) {
        unsigned left = count - next, width = left < (unsigned)wide ? left : (unsigned)wide;
        int height = (rows - big) / (int)below + (b == 0 ? (rows - big) % (int)below : 0);
        struct band *band = &layout->band[layout->count++];
        *band = (struct band){.height = height + 1, .count = width};
        for (unsigned i = 0; i < width; i++) {
            band->panel[i] = ps_panels[shown[next++]];
            band->share[i] = 100 / (int)width;
        }
    }
}

static struct layout normal_layout(const struct ps_canvas *root, const struct ps_live_view *view,
                                   const struct ps_figures *f)
{
    struct layout layout = {.summary = true,
                            .key_rows = 1,
                            .scrub = view->scrub != NULL,
                            .alert = alert_rows(root, view)};
    bool steals = view->snapshot->traits & PS_TRAIT_STEALS;
    if (root->height >= 28)
        layout.key_rows = ps_key_bar_rows(root->width, own_place(view), 2);
    /* header 2, summary, three titles, events, legend */
    int rows = root->height - 2 - 1 - 3 - 1 - 1 - layout.key_rows - layout.scrub - layout.alert;
    int first[2] = {2, 4}, limit[2] = {rows, 9}, lanes;
    if (view->look.panels) {
        ordered_bands(&layout, rows + 3, 2, 2, view, f);
        return layout;
    }
    if (view->picture) {
        lanes = most(1, least(ps_lanes_wanted(f), (rows + 1) / 3));
        layout.band[layout.count++] = (struct band){lanes + 1, 1, {&ps_widget_lanes}, {100}};
        layout.band[layout.count++] = (struct band){
            rows + 1 - lanes + 1, 2, {&ps_widget_picture, &ps_widget_diagnosis}, {64, 36}};
        return layout;
    }
    divide(rows, ps_lanes_wanted(f), 58, first, limit, &lanes);
    layout.band[layout.count++] = (struct band){lanes + 1, 1, {&ps_widget_lanes}, {100}};
    layout.band[layout.count++] =
        (struct band){first[0] + 1, 2, {&ps_widget_throughput, &ps_widget_queue}, {50, 50}};
    const struct ps_widget *left =
        steals && f->waiting < 4 * (uint64_t)f->lanes ? &ps_widget_steals : &ps_widget_waiting;
    layout.band[layout.count++] =
        (struct band){first[1] + 1, 2, {left, &ps_widget_diagnosis}, {50, 50}};
    return layout;
}

static struct layout full_layout(const struct ps_canvas *root, const struct ps_live_view *view,
                                 const struct ps_figures *f)
{
    struct layout layout = {.frame = true,
                            .scrub = view->scrub != NULL,
                            .alert = alert_rows(root, view),
                            .marks = ps_marks_shown(view)};
    layout.key_rows = ps_key_bar_rows(root->width, own_place(view), 2);
    /* header 2, four titles, lower border, legend; events get one row in eight */
    int rows =
        root->height - 2 - 4 - 1 - 1 - layout.key_rows - layout.scrub - layout.alert - layout.marks;
    if (view->look.panels) {
        ordered_bands(&layout, rows + 4, 3, BANDS_MAX - 1, view, f);
        return layout;
    }
    int events = most(1, least(6, rows / 9));
    int wanted = ps_lanes_wanted(f);
    if (view->picture) {
        int lanes_rows = most(1, least(wanted, rows / 4)), graphs = most(2, least(6, rows / 7));
        layout.band[layout.count++] = (struct band){lanes_rows + 1, 1, {&ps_widget_lanes}, {100}};
        layout.band[layout.count++] = (struct band){rows - lanes_rows - graphs - events + 1,
                                                    2,
                                                    {&ps_widget_picture, &ps_widget_diagnosis},
                                                    {70, 30}};
        layout.band[layout.count++] =
            (struct band){graphs + 1,
                          3,
                          {&ps_widget_throughput, &ps_widget_queue, &ps_widget_latency},
                          {31, 29, 40}};
        layout.band[layout.count++] = (struct band){events + 1, 1, {&ps_widget_events}, {100}};
        return layout;
    }
    /* The matrix of steals needs a row a worker. */
    bool matrix = (view->snapshot->traits & PS_TRAIT_STEALS) && wanted <= 9;
    int first[2] = {6, matrix ? most(5, wanted + 1) : 5}, limit[2] = {rows, 10}, lanes;
    if (2 * wanted <= rows - events - first[0] - first[1])
        wanted *= 2;
    divide(rows - events, wanted, 50, first, limit, &lanes);
    layout.band[layout.count++] = (struct band){lanes + 1, 1, {&ps_widget_lanes}, {100}};
    layout.band[layout.count++] =
        (struct band){first[0] + 1,
                      3,
                      {&ps_widget_throughput, &ps_widget_queue, &ps_widget_latency},
                      {31, 29, 40}};
    layout.band[layout.count++] =
        (struct band){first[1] + 1,
                      3,
                      {&ps_widget_steals, &ps_widget_waiting, &ps_widget_diagnosis},
                      {35, 25, 40}};
    layout.band[layout.count++] = (struct band){events + 1, 1, {&ps_widget_events}, {100}};
    return layout;
}

static unsigned index_of(const struct ps_widget *widget)
{
    for (unsigned i = 0; ps_panels[i]; i++)
        if (ps_panels[i] == widget)
            return i;
    return 0;
}

static void draw_title(const struct ps_canvas *row, const struct ps_live_view *view,
                       const struct ps_figures *f, const struct ps_widget *widget, int body_width)
{
    char text[PS_TITLE_BYTES];
    unsigned number = index_of(widget);
    bool focused = number == view->panel;
    int place = ps_panels_place(&view->look, number);
    if (widget->title)
        widget->title(view, f, body_width, text);
    else
        snprintf(text, sizeof text, "%s", widget->name);
    ps_canvas_cell(row, 1, 0, PS_STYLE_BORDER, ' ');
    int end =
        ps_canvas_fit(row, 2, 0, row->width - 4, focused ? PS_STYLE_FOCUS : PS_STYLE_TITLE, text);
    ps_canvas_cell(row, end, 0, PS_STYLE_BORDER, ' ');
    ps_canvas_hit(row, 0, 0, row->width, 1, PS_DO_PANEL, place + 1);
}

static void draw_panel(const struct ps_canvas *root, int x, int y, int width, int height,
                       const struct ps_live_view *view, const struct ps_figures *f,
                       const struct ps_widget *widget)
{
    struct ps_canvas body = ps_canvas_view(root, x + 1, y + 1, width - 2, height - 1);
    struct ps_canvas row = ps_canvas_view(root, x, y, width, 1);
    draw_title(&row, view, f, widget, body.width);
    if (widget->heading) {
        struct ps_canvas heading = ps_canvas_view(root, x + 1, y, width - 2, 1);
        widget->heading(&heading, view, f);
    }
    widget->draw(&body, view, f);
}

/* The lines of a band first, so that they join with the band below; then its panels. */
static void draw_band(const struct ps_canvas *root, int y, const struct band *band, bool frame,
                      const struct ps_live_view *view, const struct ps_figures *f)
{
    int left = frame ? 1 : 0, right = root->width - (frame ? 1 : 0);
    int inner = right - left, x = left, used = 0;
    for (unsigned i = 0; i < band->count; i++) {
        bool last = i + 1 == band->count;
        used += band->share[i];
        int end = last ? right : left + inner * used / 100;
        draw_panel(root, x, y, end - x, band->height, view, f, band->panel[i]);
        x = end + 1;
    }
}

static void draw_lines(const struct ps_canvas *root, int y, const struct layout *layout)
{
    int top = y;
    for (unsigned b = 0; b < layout->count; b++) {
        const struct band *band = &layout->band[b];
        bool last_band = b + 1 == layout->count;
        int left = layout->frame ? 1 : 0, inner = root->width - 2 * left, used = 0;
        ps_canvas_hline(root, 0, y, root->width, PS_STYLE_BORDER);
        for (unsigned i = 0; i + 1 < band->count; i++) {
            used += band->share[i];
            ps_canvas_vline(root, left + inner * used / 100, y,
                            band->height + (last_band && !layout->frame ? 0 : 1), PS_STYLE_BORDER);
        }
        y += band->height;
    }
    if (layout->frame) {
        ps_canvas_hline(root, 0, y, root->width, PS_STYLE_BORDER);
        ps_canvas_vline(root, 0, top, y - top + 1, PS_STYLE_BORDER);
        ps_canvas_vline(root, root->width - 1, top, y - top + 1, PS_STYLE_BORDER);
    }
}

/* The last rows: the answer to a key for a while, and the keys that are valid. */
static void draw_keys(const struct ps_canvas *root, const struct ps_live_view *view, int rows)
{
    enum ps_place place = own_place(view);
    if (view->overlay && view->overlay->kind != PS_OVERLAY_NONE)
        place = ps_overlay_place(view->overlay);
    struct ps_canvas bar = ps_canvas_view(root, 0, root->height - rows, root->width, rows);
    ps_key_bar(&bar, place);
}

static void draw_scrub(const struct ps_canvas *root, int y, const struct ps_live_view *view)
{
    if (!view->scrub)
        return;
    struct ps_canvas row = ps_canvas_view(root, 0, y, root->width, 1);
    ps_scrub_draw(&row, view->scrub);
}

/* Idle workers beside a backlog, and a key that would help: what nobody should have to look for. */
static bool draw_hint(const struct ps_canvas *row, const struct ps_live_view *view)
{
    for (unsigned i = 0; view->findings && i < view->findings->count; i++) {
        const struct ps_finding *finding = &ps_findings_at(view->findings, i)->finding;
        if (finding->word != PS_FINDING_idle || finding->remedy_count == 0 ||
            finding->remedy[0].action != PS_DO_STEALING)
            continue;
        const struct ps_binding *b = ps_binding_of(PS_AT_LIVE, PS_DO_STEALING);
        int x = ps_canvas_put(row, 1, 0, PS_STYLE_STRONG, "Idle beside a queue. Press ");
        x = ps_canvas_put(row, x, 0, PS_STYLE_KEY, b->name);
        x = ps_canvas_print(row, x, 0, PS_STYLE_STRONG, ": %s.", finding->remedy[0].text);
        ps_canvas_hit(row, 0, 0, x, 1, PS_DO_STEALING, 0);
        return true;
    }
    return false;
}

/* The panel that has the focus, if the layout has no room for it. */
static const struct ps_widget *hidden_focus(const struct ps_live_view *view,
                                            const struct layout *layout)
{
    const struct ps_widget *focus = ps_panels[view->panel % ps_panel_count()];
    if (focus == &ps_widget_events ||
        ps_panels_place(&view->look, view->panel % ps_panel_count()) < 0)
        return NULL;
    for (unsigned b = 0; b < layout->count; b++)
        for (unsigned i = 0; i < layout->band[b].count; i++)
            if (layout->band[b].panel[i] == focus)
                return NULL;
    return focus;
}

static void draw_hidden(const struct ps_canvas *row, const struct ps_live_view *view,
                        const struct ps_widget *hidden)
{
    const struct ps_binding *zoom = ps_binding_of(own_place(view), PS_DO_ZOOM);
    int x =
        ps_canvas_print(row, 1, 0, PS_STYLE_STRONG, "%s has no room here. Press ", hidden->name);
    x = ps_canvas_put(row, x, 0, PS_STYLE_KEY, zoom->name);
    x = ps_canvas_put(row, x, 0, PS_STYLE_STRONG, ": this panel alone.");
    ps_canvas_hit(row, 0, 0, x, 1, PS_DO_ZOOM, 0);
}

/* `hidden`: the panel that has the focus and is not on the screen, or NULL. `pointed`: the figures under
 * the mouse have no other row, and none is made for them, so that nothing jumps where the mouse
 * goes. */
static void draw_bottom_line(const struct ps_canvas *root, int y, const struct ps_live_view *view,
                             const struct ps_figures *f, const struct ps_widget *hidden,
                             bool pointed)
{
    struct ps_canvas row = ps_canvas_view(root, 0, y, root->width, 1);
    if (view->notice && view->notice[0])
        ps_notice_draw(root, y, view->notice_style, view->notice);
    else if (pointed)
        ps_widget_marks.draw(&row, view, f);
    else if (hidden)
        draw_hidden(&row, view, hidden);
    else if (view->replay || !draw_hint(&row, view))
        ps_widget_legend.draw(&row, view, f);
}

static void draw_bands(const struct ps_canvas *root, const struct ps_live_view *view,
                       const struct ps_figures *f, const struct layout *layout)
{
    int y = 2;
    ps_widget_header.draw(root, view, f);
    if (layout->alert) {
        struct ps_canvas alert = ps_canvas_view(root, 0, y, root->width, layout->alert);
        y += draw_alert(&alert, view);
    }
    if (layout->summary) {
        struct ps_canvas row = ps_canvas_view(root, 0, y++, root->width, 1);
        ps_widget_summary.draw(&row, view, f);
    }
    draw_lines(root, y, layout);
    for (unsigned b = 0; b < layout->count; b++) {
        draw_band(root, y, &layout->band[b], layout->frame, view, f);
        y += layout->band[b].height;
    }
    if (!layout->frame) {
        struct ps_canvas row = ps_canvas_view(root, 1, y++, root->width - 2, 1);
        bool exact = ps_marks_shown(view) || view->hover.at_ns;
        (exact ? ps_widget_marks : ps_widget_events).draw(&row, view, f);
    }
    if (layout->marks) {
        struct ps_canvas row = ps_canvas_view(
            root, 0, root->height - layout->key_rows - layout->scrub - 2, root->width, 1);
        ps_widget_marks.draw(&row, view, f);
    }
    draw_scrub(root, root->height - layout->key_rows - 1, view);
    draw_bottom_line(root, root->height - layout->key_rows - layout->scrub - 1, view, f,
                     hidden_focus(view, layout),
                     layout->frame && !layout->marks && view->hover.at_ns);
    draw_keys(root, view, layout->key_rows);
}

/* ---- one panel at a time ---- */

enum { SINGLE_TALL = 13 }; /* rows below the header and what is above the panel */

static void draw_single(const struct ps_canvas *root, const struct ps_live_view *view,
                        const struct ps_figures *f)
{
    const struct ps_widget *widget = ps_panels[view->panel % ps_panel_count()];
    int scrub = view->scrub != NULL, height = root->height - scrub;
    int alert = alert_rows(root, view), y = 2 + alert;
    int giants = view->presenter ? ps_giant_rows(root->width, (height - y) / 2) : 0;
    ps_widget_header.draw(root, view, f);
    struct ps_canvas above = ps_canvas_view(root, 0, 2, root->width, alert);
    draw_alert(&above, view);
    struct ps_canvas tabs = ps_canvas_view(root, 0, y, root->width, 1);
    if (giants) {
        struct ps_canvas band = ps_canvas_view(root, 0, y, root->width, giants);
        ps_giants_draw(&band, view, f);
        y += giants - 1;
    } else {
        ps_tabs_draw(&tabs, view);
    }
    ps_canvas_hline(root, 0, y + 1, root->width, PS_STYLE_BORDER);
    /* The marks take a row, a finding two if there is room: always, so that the lanes stand still. */
    int words = ps_marks_shown(view)             ? 1
                : widget == &ps_widget_diagnosis ? 0
                : height - y < SINGLE_TALL       ? 1
                                                 : 2;
    draw_panel(root, 0, y + 1, root->width, height - y - 3 - words, view, f, widget);
    struct ps_canvas finding = ps_canvas_view(root, 1, height - 2 - words, root->width - 2, words);
    const struct ps_finding_state *first =
        view->findings ? ps_findings_at(view->findings, 0) : NULL;
    char text[PS_FINDING_LINE_BYTES];
    if (ps_marks_shown(view) || view->hover.at_ns)
        ps_widget_marks.draw(&finding, view, f);
    else if (widget != &ps_widget_diagnosis && first)
        ps_canvas_paragraph(&finding, 0, 0, finding.width, words,
                            ps_finding_line(view->findings, first, text), text);
    draw_bottom_line(root, height - 2, view, f, NULL, false);
    draw_scrub(root, root->height - 2, view);
    draw_keys(root, view, 1);
}

void ps_too_small_draw(const struct ps_canvas *root)
{
    char text[64];
    snprintf(text, sizeof text, "%d x %d is too small: %d x %d is enough", root->width,
             root->height, PS_SCREEN_MIN_WIDTH, PS_SCREEN_MIN_HEIGHT);
    int rows = ps_canvas_wrap(root, 0, root->height, root->width, 0, 0, PS_STYLE_NORMAL, text);
    int y = (root->height - rows) / 2;
    ps_canvas_wrap(root, 0, y > 0 ? y : 0, root->width, root->height, 0, PS_STYLE_WARNING, text);
}

/* What a key says stands below what lies above the screen: under a page those of the run go on
 * working. */
static void draw_overlay(const struct ps_canvas *root, const struct ps_live_view *view,
                         const struct ps_figures *f)
{
    int says = view->notice && view->notice[0] ? ps_notice_rows(root->width, view->notice) : 0;
    struct ps_canvas above = ps_canvas_view(root, 0, 1, root->width, root->height - 2 - says);
    if (view->overlay->kind == PS_OVERLAY_PAGE)
        ps_page_draw(&above, view, f);
    ps_overlay_above(root, view->overlay, view->notice_style, view->notice);
}

void ps_live_screen_draw(const struct ps_canvas *root, const struct ps_live_view *view)
{
    if (root->width < PS_SCREEN_MIN_WIDTH || root->height < PS_SCREEN_MIN_HEIGHT) {
        ps_too_small_draw(root);
        return;
    }
    struct ps_figures figures;
    ps_figures_take(&figures, view);
    if (view->zoom || view->presenter || root->width < 80 || root->height < 24) {
        draw_single(root, view, &figures);
    } else {
        struct layout layout = root->width >= 120 && root->height >= 32
                                   ? full_layout(root, view, &figures)
                                   : normal_layout(root, view, &figures);
        draw_bands(root, view, &figures, &layout);
    }
    if (view->overlay && view->overlay->kind != PS_OVERLAY_NONE)
        draw_overlay(root, view, &figures);
}
