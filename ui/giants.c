#include "ui/giants.h"

#include <stdio.h>
#include <string.h>

/* ---- the figures ---- */

static void put_none(struct ps_giant *into)
{
    snprintf(into->text, sizeof into->text, "-");
}

static void put_time(struct ps_giant *into, const struct ps_quantiles *of, uint64_t ns)
{
    const char *unit = "";
    if (of->count)
        ps_giant_time(into->text, ns, &unit);
    else
        put_none(into);
    size_t used = strlen(into->label);
    snprintf(into->label + used, sizeof into->label - used, "%s%s", *unit ? ", " : "", unit);
}

static void done(const struct ps_live_view *v, const struct ps_figures *f, struct ps_giant *into)
{
    (void)v;
    ps_giant_number(into->text, f->done);
}
static void p50(const struct ps_live_view *v, const struct ps_figures *f, struct ps_giant *into)
{
    (void)v;
    put_time(into, &f->latency[PS_ROW_RESPONSE], f->latency[PS_ROW_RESPONSE].p50_ns);
}
static void p99(const struct ps_live_view *v, const struct ps_figures *f, struct ps_giant *into)
{
    (void)v;
    put_time(into, &f->latency[PS_ROW_RESPONSE], f->latency[PS_ROW_RESPONSE].p99_ns);
}
static void queueing(const struct ps_live_view *v, const struct ps_figures *f,
                     struct ps_giant *into)
{
    (void)v;
    put_time(into, &f->latency[PS_ROW_QUEUEING], f->latency[PS_ROW_QUEUEING].p99_ns);
}
static void in_flight(const struct ps_live_view *v, const struct ps_figures *f,
                      struct ps_giant *into)
{
    (void)f;
    ps_giant_number(into->text, (double)v->snapshot->in_flight);
}
static void queued(const struct ps_live_view *v, const struct ps_figures *f, struct ps_giant *into)
{
    (void)f;
    ps_giant_number(into->text, (double)v->snapshot->queued);
}
static void offered(const struct ps_live_view *v, const struct ps_figures *f, struct ps_giant *into)
{
    (void)v;
    ps_giant_number(into->text, f->offered);
}
static void refused(const struct ps_live_view *v, const struct ps_figures *f, struct ps_giant *into)
{
    (void)v;
    ps_giant_number(into->text, f->refused);
}
static void failed(const struct ps_live_view *v, const struct ps_figures *f, struct ps_giant *into)
{
    (void)v;
    ps_giant_number(into->text, f->failed);
}
static void steals(const struct ps_live_view *v, const struct ps_figures *f, struct ps_giant *into)
{
    if (v->snapshot->traits & PS_TRAIT_STEALS)
        ps_giant_number(into->text, f->steals);
    else
        put_none(into);
}
static void workers(const struct ps_live_view *v, const struct ps_figures *f, struct ps_giant *into)
{
    (void)f;
    ps_giant_number(into->text, v->snapshot->workers);
}
static void running(const struct ps_live_view *v, const struct ps_figures *f, struct ps_giant *into)
{
    double share = 0;
    (void)v;
    for (unsigned w = 0; w < f->lanes; w++)
        share += (double)f->rate[w].share[PS_STATE_RUN] / f->lanes;
    ps_giant_number(into->text, 100 * share);
}

const struct ps_giant_figure ps_giants[] = {
    {"done", "done/s", PS_STYLE_GOOD, done},
    {"p99", "p99 of response", PS_STYLE_WARNING, p99},
    {"in_flight", "in flight", PS_STYLE_NOTE, in_flight},
    {"p50", "p50 of response", PS_STYLE_NOTE, p50},
    {"queueing", "p99 of queueing", PS_STYLE_WARNING, queueing},
    {"queued", "queued", PS_STYLE_NOTE, queued},
    {"offered", "offered/s", PS_STYLE_NOTE, offered},
    {"refused", "refused/s", PS_STYLE_WARNING, refused},
    {"failed", "failed/s", PS_STYLE_ERROR, failed},
    {"steals", "steals/s", PS_STYLE_NOTE, steals},
    {"workers", "workers", PS_STYLE_GOOD, workers},
    {"running", "running, % of time", PS_STYLE_GOOD, running},
    {NULL, NULL, PS_STYLE_NORMAL, NULL},
};

/* ---- which of them ---- */

unsigned ps_giants_shown(const struct ps_live_look *look, unsigned char into[PS_GIANTS_MAX])
{
    bool own = look->giants > 0 && look->giants <= PS_GIANTS_MAX;
    for (unsigned i = 0; i < PS_GIANTS_MAX; i++)
        into[i] = own ? look->giant[i] : (unsigned char)i;
    return own ? look->giants : PS_GIANTS_MAX;
}

bool ps_giants_show(const struct ps_live_look *look, unsigned figure)
{
    unsigned char shown[PS_GIANTS_MAX];
    unsigned count = ps_giants_shown(look, shown);
    return memchr(shown, (int)figure, count) != NULL;
}

bool ps_giants_toggle(struct ps_live_look *look, unsigned figure)
{
    unsigned char shown[PS_GIANTS_MAX], next[PS_GIANTS_MAX + 1];
    unsigned count = ps_giants_shown(look, shown), kept = 0;
    for (unsigned i = 0; i < count; i++)
        if (shown[i] != figure)
            next[kept++] = shown[i];
    if (kept == 0)
        return false;
    if (kept == count)
        next[kept++] = (unsigned char)figure;
    unsigned skip = kept > PS_GIANTS_MAX;
    look->giants = kept - skip;
    memcpy(look->giant, next + skip, look->giants);
    return true;
}

/* ---- in the file of options ---- */

static void add_word(char *into, size_t size, const char *word)
{
    size_t used = strlen(into);
    snprintf(into + used, size - used, "%s%s", used ? " " : "", word);
}

const char *ps_giants_text(const struct ps_live_look *look, char *into, size_t size)
{
    into[0] = '\0';
    for (unsigned i = 0; i < look->giants; i++)
        add_word(into, size, ps_giants[look->giant[i]].word);
    if (look->giants == 0)
        add_word(into, size, "auto");
    return into;
}

static int find(const char *word, size_t length)
{
    for (int i = 0; ps_giants[i].word; i++)
        if (strlen(ps_giants[i].word) == length && strncmp(ps_giants[i].word, word, length) == 0)
            return i;
    return -1;
}

bool ps_giants_parse(struct ps_live_look *look, const char *text, char *why, size_t why_size)
{
    struct ps_live_look next = *look;
    next.giants = 0;
    for (const char *p = text; strcmp(text, "auto") != 0 && *(p += strspn(p, " \t"));) {
        size_t length = strcspn(p, " \t");
        int figure = find(p, length);
        bool twice = figure >= 0 && memchr(next.giant, figure, next.giants);
        bool room = next.giants < PS_GIANTS_MAX;
        if (figure < 0 || twice || !room) {
            snprintf(why, why_size, "%s '%.*s'; allowed: auto, or up to %u of:",
                     !room   ? "no room for"
                     : twice ? "twice"
                             : "there is no",
                     (int)length, p, PS_GIANTS_MAX);
            for (unsigned i = 0; ps_giants[i].word; i++)
                add_word(why, why_size, ps_giants[i].word);
            return false;
        }
        next.giant[next.giants++] = (unsigned char)figure;
        p += length;
    }
    *look = next;
    return true;
}

/* ---- drawing ---- */

void ps_giants_draw(const struct ps_canvas *c, const struct ps_live_view *view,
                    const struct ps_figures *figures)
{
    struct ps_giant giant[PS_GIANTS_MAX] = {0};
    unsigned char shown[PS_GIANTS_MAX];
    unsigned count = ps_giants_shown(&view->look, shown);
    for (unsigned i = 0; i < count; i++) {
        const struct ps_giant_figure *figure = &ps_giants[shown[i]];
        giant[i].style = figure->style;
        snprintf(giant[i].label, sizeof giant[i].label, "%s", figure->label);
        figure->value(view, figures, &giant[i]);
    }
    ps_giant_draw(c, giant, count);
}
