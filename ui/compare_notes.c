#include "ui/compare_notes.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/text.h"
#include "lab/words.h"

#define OTHERS_MATTER 0.1 /* share of the CPUs */

/* ---- the verdict of the chosen metric ---- */

static void note_sure(const struct ps_compare_row *row, const char *verdict,
                      struct ps_lab_notes *notes)
{
    bool neither = row->metric->better == PS_BETTER_NEITHER;
    ps_lab_note(notes, PS_STYLE_GOOD, "%s: %s%s, sure: 99 %% over all %u rows", row->metric->label,
                verdict, neither ? "" : " is better", PS_COMPARE_METRICS);
}

/* No difference was found. How large may one be that was not? */
static void note_same(const struct ps_compare_row *row, struct ps_lab_notes *notes)
{
    char range[PS_WORDS_BYTES];
    const char *label = row->metric->label;
    bool counts = fabs(row->pair.difference) >= PS_COMPARE_SMALLEST;
    ps_words_interval(range, row);
    if (isnan(row->pair.low))
        ps_lab_note(notes, PS_STYLE_NOTE, "%s: unclear, as some rounds have 0; n: more rounds",
                    label);
    else if (row->pair.low == 0 && row->pair.high == 0)
        ps_lab_note(notes, PS_STYLE_NOTE, "%s: the same in every round", label);
    else if (!counts && (row->pair.low > 0 || row->pair.high < 0))
        ps_lab_note(notes, PS_STYLE_NOTE, "%s: no difference: one below %g %% does not count",
                    label, PS_COMPARE_SMALLEST * 100);
    else if (ps_words_is_clear(row))
        ps_lab_note(notes, PS_STYLE_NOTE, "%s: no difference, or one in %s; n: closer", label,
                    range);
    else
        ps_lab_note(notes, PS_STYLE_NOTE, "%s: unclear, it may be %s; n: more rounds", label,
                    range);
}

static void note_verdict(const struct ps_compare_view *view, struct ps_lab_notes *notes)
{
    const struct ps_compare_row *row = &view->row[view->metric];
    char verdict[PS_WORDS_BYTES];
    if (view->whole == 0 || !row->metric)
        return;
    const char *label = row->metric->label;
    ps_words_verdict(verdict, row, 'A', 'B');
    if (row->a_never || row->b_never || row->verdict == PS_VERDICT_NONE)
        ps_lab_note(notes, PS_STYLE_NOTE, "%s: %s, so there is nothing to compare", label, verdict);
    else if (row->verdict != PS_VERDICT_SAME)
        note_sure(row, verdict, notes);
    else if (row->rounds < PS_PAIRED_LEAST)
        ps_lab_note(notes, PS_STYLE_NOTE, "%s: no verdict before round %u; n: more rounds", label,
                    PS_PAIRED_LEAST);
    else if (ps_words_may_differ(row))
        ps_lab_note(notes, PS_STYLE_WARNING,
                    "%s: 95 %% sure alone, not 99 %% over %u rows; n: more", verdict,
                    PS_COMPARE_METRICS);
    else
        note_same(row, notes);
}

/* ---- how it was measured ---- */

static void note_conduct(const struct ps_compare_view *view, struct ps_lab_notes *notes)
{
    char length[32];
    ps_format_duration(length, sizeof length, view->length_ns);
    ps_lab_note(notes, PS_STYLE_NOTE, "A and B %s turns, %u slots of %s each: none steals cpu.",
                view->stage == PS_COMPARE_MEASURED ? "took" : "take", view->rounds, length);
    if (view->whole < 4)
        ps_lab_note(notes, PS_STYLE_DIM,
                    "%u whole round%s: too few to name any but the largest differences.",
                    view->whole, view->whole == 1 ? "" : "s");
    ps_lab_note(notes, PS_STYLE_DIM,
                "A verdict holds for all rows together with 99 %% confidence and exceeds %g %%.",
                PS_COMPARE_SMALLEST * 100);
    ps_lab_note(notes, PS_STYLE_DIM,
                "Round i runs both under seed %" PRIu64 " + i: the same arrivals and drawn times.",
                view->seed);
}

bool ps_compare_urgent(const struct ps_compare_view *view)
{
    return view->stage == PS_COMPARE_BROKEN || view->others > OTHERS_MATTER;
}

void ps_compare_notes_draw(const struct ps_canvas *c, const struct ps_compare_view *view)
{
    struct ps_lab_notes notes = {0};
    if (view->stage == PS_COMPARE_BROKEN)
        ps_lab_note(&notes, PS_STYLE_ERROR, "%c cannot run this: %s", 'A' + view->running,
                    view->why);
    if (view->others > OTHERS_MATTER)
        ps_lab_note(
            &notes, PS_STYLE_WARNING,
            "! other processes took up to %.0f %% of the CPUs in a slot: intervals are wider",
            view->others * 100);
    note_verdict(view, &notes);
    note_conduct(view, &notes);
    ps_lab_notes_draw(c, &notes);
}
