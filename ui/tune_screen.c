#include "ui/tune_screen.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ui/flow.h"
#include "ui/format.h"
#include "ui/live_screen.h"
#include "ui/tune_answer.h"

/* ---- the head ---- */

static void draw_header(const struct ps_canvas *root, const struct ps_tune_view *view)
{
    const struct ps_tune_about *about = view->about;
    char clock[PS_FIGURE_BYTES], cpu[PS_FIGURE_BYTES], wait[PS_FIGURE_BYTES];
    struct ps_flow flow = {.gap = 3};
    ps_flow_add(&flow, 0, view->frozen ? PS_STYLE_FOCUS : PS_STYLE_BRAND, "", "%s",
                view->frozen ? "FROZEN" : "TUNE");
    ps_flow_add(&flow, 0, PS_STYLE_STRONG, "", "%s%s%s", about->engine, about->policy[0] ? ":" : "",
                about->policy);
    ps_flow_add(&flow, 3, PS_STYLE_NORMAL, "", "%s", view->title)->least = 12;
    if (about->cpu_ns + about->wait_ns > 0) /* else kernels, of which nothing is known beforehand */
        ps_flow_add(&flow, 2, PS_STYLE_NORMAL, "a task:", "cpu %s + wait %s",
                    ps_figure_time(cpu, (uint64_t)about->cpu_ns),
                    ps_figure_time(wait, (uint64_t)about->wait_ns));
    ps_flow_add(&flow, 1, PS_STYLE_NORMAL, "", "%s%s", about->load,
                about->saturated ? " (to saturate)" : "");
    if (view->stage != PS_TUNE_CHOOSING)
        ps_flow_add(&flow, 0, PS_STYLE_STRONG, "", "%s", ps_figure_clock(clock, view->elapsed_ns))
            ->right = true;
    ps_flow_draw(root, 0, &flow);
}

static void draw_progress(const struct ps_canvas *row, const struct ps_tune_view *view)
{
    struct ps_lab_progress progress = {.share = view->progress, .left_ns = view->left_ns};
    const struct ps_tune_about *about = view->about;
    if (view->stage == PS_TUNE_MEASURING) {
        snprintf(progress.text, sizeof progress.text, "%u worker%s, repeat %u of %u%s",
                 view->workers, view->workers == 1 ? "" : "s", view->repeat + 1, about->repeats,
                 view->tries ? ", again: others took cpu" : "");
        ps_lab_progress_draw(row, &progress);
    } else if (view->stage == PS_TUNE_MEASURED) {
        ps_canvas_print(row, 1, 0, PS_STYLE_GOOD, "measured: %u points, %u slots",
                        view->surface->count, view->cells);
    }
}

/* ---- parts ---- */

static void curve_title(const struct ps_tune_view *view, int width, char *into, size_t size)
{
    const struct ps_model *best =
        ps_tune_is_at_rate(view->about) ? NULL : ps_tune_best_model(view->conclusion);
    int n = snprintf(into, size, "done/s by workers  o measured");
    if (view->racing)
        n += snprintf(into + n, size - (size_t)n, "  the race: %.0f s", view->race_s);
    else if (view->conclusion && width >= 50)
        n += snprintf(into + n, size - (size_t)n, "  R take  B highest");
    if (best && width >= 90)
        snprintf(into + n, size - (size_t)n, "  line: %s  dots: hard cap", best->name);
    else if (best && width >= 80)
        snprintf(into + n, size - (size_t)n, "  line: %s", best->name);
}

static struct ps_tune_chart chart_of(const struct ps_tune_view *view)
{
    return (struct ps_tune_chart){.about = view->about,
                                  .surface = view->surface,
                                  .conclusion = view->conclusion,
                                  .guess = view->guess,
                                  .runners = view->racing ? view->runner : NULL};
}

static void title_of(const struct ps_tune_view *view, enum ps_tune_part part, int width,
                     char into[120])
{
    char goal[PS_FIGURE_BYTES];
    switch (part) {
    case PS_TUNE_CURVE:
        curve_title(view, width, into, 120);
        break;
    case PS_TUNE_P99:
        snprintf(into, 120, "p99%s%s", view->about->goal_ns > 0 ? ", goal " : "",
                 view->about->goal_ns > 0 ? ps_figure_time(goal, (uint64_t)view->about->goal_ns)
                                          : "");
        break;
    case PS_TUNE_ANSWER:
        snprintf(into, 120, view->stage == PS_TUNE_MEASURED ? "Answer" : "Answer so far");
        break;
    case PS_TUNE_MODELS:
        snprintf(into, 120, "%s",
                 width >= 60 ? "Models: workers at knee or peak (95 %), fit, furthest off"
                             : "Models: knee or peak (95 %), fit");
        break;
    default:
        snprintf(into, 120, "%s",
                 width >= 60 ? "Tuners replayed on these points: arithmetic, not a run"
                             : "Tuners, replayed");
        break;
    }
}

static void draw_part(const struct ps_canvas *root, int x, int y, int width, int height,
                      const struct ps_tune_view *view, enum ps_tune_part part)
{
    char title[120];
    title_of(view, part, width, title);
    struct ps_lab_panel panel = {
        .title = title, .number = (unsigned)part, .focused = view->part == part};
    struct ps_canvas body = ps_lab_panel_draw(root, x, y, width, height, &panel);
    struct ps_tune_chart chart = chart_of(view);
    switch (part) {
    case PS_TUNE_CURVE:
        ps_tune_chart_draw(&body, &chart);
        break;
    case PS_TUNE_P99:
        ps_tune_p99_draw(&body, &chart);
        break;
    case PS_TUNE_ANSWER:
        ps_tune_answer_draw(&body, view);
        break;
    case PS_TUNE_MODELS:
        ps_tune_models_draw(&body, view);
        break;
    default:
        ps_tune_tuners_draw(&body, view);
        break;
    }
}

/* ---- choosing ---- */

static void draw_choosing(const struct ps_canvas *root, int y, int height,
                          const struct ps_tune_view *view)
{
    char text[2][500], all[PS_FIGURE_BYTES],
        guess[64] = "Type your guess before you look: a number.";
    struct ps_lab_panel panel = {.title = "What is measured", .focused = true};
    ps_canvas_hline(root, 0, y, root->width, PS_STYLE_BORDER);
    struct ps_canvas body = ps_lab_panel_draw(root, 0, y, root->width, height, &panel);
    int used = ps_lab_form_draw(&body, &view->form) + 1;
    ps_figure_clock(all, view->planned_ns);
    if (view->guess)
        snprintf(guess, sizeof guess, "Your guess: %u workers.", view->guess);
    snprintf(text[0], sizeof text[0],
             "Powers of two first, then closer at the knee; every count is measured in turns, up "
             "and down, each time by a fresh process. In all about %s. How many workers will be "
             "best?\n\n%s",
             all, guess);
    snprintf(text[1], sizeof text[1], "Every count in turns, up and down: about %s. %s", all,
             guess);
    ps_lab_text_draw(&body, used, &view->form, text[0], text[1]);
}

/* ---- the whole ---- */

/* Returns the rows that the notes take. */
static int notes_rows(const struct ps_canvas *root)
{
    return root->height >= 40 ? 3 : root->height >= 30 ? 2 : 1;
}

static void draw_notes(const struct ps_canvas *root, int rows, const struct ps_tune_view *view)
{
    struct ps_lab_notes notes = {0};
    struct ps_canvas below = ps_canvas_view(root, 1, root->height - 1 - rows, root->width - 2,
                                            rows - (view->noticed ? 1 : 0));
    ps_tune_notes_take(view, &notes);
    ps_lab_notes_draw(&below, &notes);
}

/* Two parts beside each other; `joined`: a line follows below. */
static void draw_pair(const struct ps_canvas *root, int y, int height, int left, bool joined,
                      const struct ps_tune_view *view, enum ps_tune_part first)
{
    ps_canvas_hline(root, 0, y, root->width, PS_STYLE_BORDER);
    ps_canvas_vline(root, left, y, height + joined, PS_STYLE_BORDER);
    draw_part(root, 0, y, left, height, view, first);
    draw_part(root, left + 1, y, root->width - left - 1, height, view,
              (enum ps_tune_part)(first + 1));
}

static void draw_all(const struct ps_canvas *root, const struct ps_tune_view *view)
{
    int notes = notes_rows(root), answer = 4, models = 6 + (root->height >= 30);
    int chart = root->height - 2 - answer - models - notes - 1;
    int below = 2 + chart + answer;
    draw_pair(root, 2, chart, root->width * 7 / 10, true, view, PS_TUNE_CURVE);
    ps_canvas_hline(root, 0, 2 + chart, root->width, PS_STYLE_BORDER);
    draw_part(root, 0, 2 + chart, root->width, answer, view, PS_TUNE_ANSWER);
    draw_pair(root, below, models, root->width * 58 / 100, false, view, PS_TUNE_MODELS);
    draw_notes(root, notes, view);
}

static void draw_one(const struct ps_canvas *root, const struct ps_tune_view *view)
{
    static const char *const names[PS_TUNE_PARTS] = {[PS_TUNE_CURVE] = "Curve",
                                                     [PS_TUNE_P99] = "p99",
                                                     [PS_TUNE_ANSWER] = "Answer",
                                                     [PS_TUNE_MODELS] = "Models",
                                                     [PS_TUNE_TUNERS] = "Tuners"};
    struct ps_canvas tabs = ps_canvas_view(root, 0, 2, root->width, 1);
    ps_lab_tabs_draw(&tabs, names, PS_TUNE_PARTS, view->part);
    ps_canvas_hline(root, 0, 3, root->width, PS_STYLE_BORDER);
    draw_part(root, 0, 3, root->width, root->height - 5, view, view->part);
    draw_notes(root, 1, view);
}

void ps_tune_screen_draw(const struct ps_canvas *root, const struct ps_tune_view *view)
{
    if (root->width < PS_SCREEN_MIN_WIDTH || root->height < PS_SCREEN_MIN_HEIGHT) {
        ps_too_small_draw(root);
        return;
    }
    draw_header(root, view);
    if (view->stage == PS_TUNE_CHOOSING) {
        draw_choosing(root, 1, root->height - 3, view);
        return;
    }
    struct ps_canvas row = ps_canvas_view(root, 0, 1, root->width, 1);
    draw_progress(&row, view);
    if (view->zoom || root->width < 80 || root->height < 24)
        draw_one(root, view);
    else
        draw_all(root, view);
}
