#include "ui/findings/findings.h"

#include <stdio.h>
#include <string.h>

static double share(const struct ps_worker_rates *rate, enum ps_state first, enum ps_state last)
{
    double sum = 0;
    for (unsigned s = first; s <= last; s++)
        sum += rate->share[s];
    return sum;
}

static struct ps_signs_sums sums_of(const struct ps_figures *f)
{
    struct ps_signs_sums sums = {0};
    for (unsigned w = 0; w < f->lanes; w++) {
        const struct ps_worker_rates *rate = &f->rate[w];
        sums.run += rate->share[PS_STATE_RUN];
        sums.ready += rate->ready > 0 ? rate->ready : 0;
        sums.lock += rate->share[PS_STATE_LOCK];
        sums.gil += rate->share[PS_STATE_GIL];
        sums.join += rate->share[PS_STATE_JOIN];
        sums.idle += rate->share[PS_STATE_IDLE];
        sums.seek += rate->share[PS_STATE_SEEK];
        sums.wait += share(rate, PS_STATE_NET, PS_STATE_BLOCK);
        sums.busy += share(rate, PS_STATE_RUN, PS_STATE_BLOCK);
    }
    return sums;
}

void ps_signs_take(struct ps_signs *signs, const struct ps_live_view *view,
                   const struct ps_figures *figures, const struct ps_recent *recent)
{
    static const struct ps_recent_mark none;
    enum ps_phase phase = view->snapshot->phase;
    *signs = (struct ps_signs){
        .snapshot = view->snapshot,
        .history = view->history,
        .figures = figures,
        .sums = sums_of(figures),
        .deadlocked = ps_view_deadlocked(view),
        .running = phase == PS_PHASE_RUNNING || phase == PS_PHASE_DRAINING,
    };
    signs->seconds = ps_recent_span(recent, &signs->then, &signs->now);
    if (!signs->now)
        signs->then = signs->now = &none;
    for (unsigned w = 0; w < figures->lanes; w++)
        signs->sums.cpu += 1e-9 * ps_signs_rate(signs, signs->then->worker[w].cpu_ns,
                                                signs->now->worker[w].cpu_ns);
}

bool ps_finding_look(enum ps_finding_word word, const struct ps_signs *signs,
                     struct ps_finding *finding)
{
    const struct ps_finding_kind *kind = &ps_finding_kinds[word];
    *finding = (struct ps_finding){.word = word, .lesson = kind->lesson};
    return kind->look(signs, finding);
}

/* between: the run stands still, and what was measured before is over. */
static void settle(struct ps_finding_state *state, const struct ps_finding *finding, bool there,
                   bool at_once, bool between, uint64_t at_ns)
{
    if (there) {
        if (!state->seen)
            state->since_ns = at_ns;
        state->seen = true;
        state->seen_ns = at_ns;
        state->finding = *finding;
        if (at_once || at_ns - state->since_ns >= PS_FINDING_HOLD_NS)
            state->shown = true;
    } else if (!state->shown || at_once || between ||
               at_ns - state->seen_ns >= PS_FINDING_LINGER_NS) {
        state->seen = state->shown = false;
    }
}

void ps_findings_feed(struct ps_findings *findings, const struct ps_live_view *view)
{
    /* Of now, wherever the user is looking. */
    const struct ps_live_view now = {.snapshot = view->snapshot, .history = view->history};
    struct ps_figures figures;
    struct ps_signs signs;
    uint64_t at_ns = view->snapshot->at_ns;
    if (at_ns < findings->at_ns)
        memset(findings, 0, sizeof *findings);
    findings->at_ns = at_ns;
    ps_recent_feed(&findings->recent, view->snapshot);
    ps_figures_take(&figures, &now);
    ps_signs_take(&signs, &now, &figures, &findings->recent);
    findings->count = 0;
    for (unsigned word = 0; word < PS_FINDING_COUNT; word++) {
        struct ps_finding finding;
        struct ps_finding_state *state = &findings->state[word];
        bool there = ps_finding_look((enum ps_finding_word)word, &signs, &finding);
        settle(state, &finding, there, ps_finding_kinds[word].at_once,
               !signs.running || signs.deadlocked, at_ns);
        if (state->shown)
            findings->shown[findings->count++] = word;
    }
}

const struct ps_finding_state *ps_findings_at(const struct ps_findings *findings, unsigned index)
{
    return index < findings->count ? &findings->state[findings->shown[index]] : NULL;
}

enum ps_style ps_finding_line(const struct ps_findings *findings,
                              const struct ps_finding_state *state,
                              char into[PS_FINDING_LINE_BYTES])
{
    bool past = findings->at_ns - state->seen_ns >= PS_FINDING_PAST_NS;
    snprintf(into, PS_FINDING_LINE_BYTES, "%s%s", past ? "was: " : "", state->finding.text);
    return past ? PS_STYLE_DIM : state->finding.style;
}
