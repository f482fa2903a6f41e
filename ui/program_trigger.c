#include "ui/program_trigger.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "ui/format.h"
#include "ui/program_scope.h"

enum { OFF = -1, AGAIN = -2, SAVE = -3, OWN = -4 };

/* ---- arming ---- */

static void begin_tape(struct ps_program *p)
{
    char why[200];
    struct ps_run *run = &p->run;
    ps_tape_free(run->tape);
    run->tape =
        run->view.replay ? NULL : ps_tape_new(run->preset, &run->experiment, why, sizeof why);
    if (!run->tape && !run->view.replay)
        ps_log_add(&run->log, run->snapshot->at_ns, PS_STYLE_WARNING,
                   "the trigger keeps no recording: %s", why);
}

bool ps_program_trigger_arm(struct ps_program *p, const char *text, char *why, size_t why_size)
{
    struct ps_run *run = &p->run;
    if (!ps_trigger_arm(&run->trigger, text, run->snapshot, why, why_size))
        return false;
    run->view.mark[PS_MARK_TRIGGER].column_ns = 0;
    begin_tape(p);
    if (run->view.frozen)
        ps_program_thaw(p);
    ps_program_say(p, PS_STYLE_GOOD, "trigger armed: %s", text);
    ps_log_add(&run->log, run->snapshot->at_ns, PS_STYLE_FOCUS, "trigger armed: %s", text);
    return true;
}

void ps_program_trigger_off(struct ps_program *p)
{
    ps_trigger_disarm(&p->run.trigger);
    ps_tape_free(p->run.tape);
    p->run.tape = NULL;
    ps_program_say(p, PS_STYLE_NOTE, "the trigger is off");
}

static void accept(struct ps_program *p)
{
    char text[PS_INPUT_BYTES], why[200];
    snprintf(text, sizeof text, "%s", p->overlay.input);
    if (ps_program_trigger_arm(p, text, why, sizeof why))
        ps_program_close_overlay(p);
    else
        snprintf(p->overlay.complaint, sizeof p->overlay.complaint, "%s", why);
}

static void ask(struct ps_program *p, const char *text)
{
    ps_program_open(p, PS_OVERLAY_PROMPT, "Trigger when: change the figure, Enter arms");
    snprintf(p->overlay.input, sizeof p->overlay.input, "%s", text);
    p->accept = accept;
}

/* ---- saving ---- */

static void save(struct ps_program *p)
{
    char name[64], why[300];
    double seconds;
    time_t now = time(NULL);
    struct tm parts;
    localtime_r(&now, &parts);
    strftime(name, sizeof name, "poolscope-%Y%m%d-%H%M%S.psrec", &parts);
    if (!p->run.tape) {
        ps_program_say(p, PS_STYLE_NOTE, "nothing is held that could be saved");
        return;
    }
    if (ps_tape_save(p->run.tape, name, &seconds, why, sizeof why) != PS_OK) {
        ps_program_say(p, PS_STYLE_WARNING, "not saved: %s; T tries again", why);
        return;
    }
    ps_program_say(p, PS_STYLE_GOOD, "saved %.0f s: poolscope replay %s", seconds, name);
    ps_tape_free(p->run.tape);
    p->run.tape = NULL;
}

/* ---- the menu ---- */

/* Twice what it is now, as a round figure. */
static double proposal(const struct ps_program *p, const char *name, double otherwise)
{
    const struct ps_trigger_word *word = ps_trigger_words;
    while (word->name && strcmp(word->name, name) != 0)
        word++;
    double now = word->name ? word->value(p->run.snapshot, p->run.history) : -1;
    if (now <= 0)
        return otherwise;
    double ten = pow(10, floor(log10(2 * now))), digit = 2 * now / ten;
    return ten * (digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
}

static const struct {
    const char *before, *after; /* the figure */
    const char *figure;         /* whose value is proposed; NULL: none */
    double otherwise;
    bool time;
    const char *note;
} conditions[] = {
    {"p99 > ", " for 1s", "p99", 200e6, true, "slow responses"},
    {"blocked = workers for 1s", "", NULL, 0, false, "all workers wait inside a task"},
    {"steals > ", "/s", "steals", 1000, false, "much work changes hands"},
    {"queue > ", "", "queue", 100, false, "a backlog"},
    {"refused > 0", "", NULL, 0, false, "the queue is full"},
    {"failed > 0", "", NULL, 0, false, "a task failed or timed out"},
};
enum { CONDITIONS = sizeof conditions / sizeof conditions[0] };

static void condition_text(const struct ps_program *p, unsigned i, char *into, size_t size)
{
    char figure[32] = "";
    double value = 0;
    if (conditions[i].figure)
        value = proposal(p, conditions[i].figure, conditions[i].otherwise);
    if (conditions[i].time)
        snprintf(figure, sizeof figure, value < 1e9 ? "%g ms" : "%g s",
                 value < 1e9 ? value / 1e6 : value / 1e9);
    else if (conditions[i].figure)
        snprintf(figure, sizeof figure, "%g", value);
    snprintf(into, size, "%s%s%s", conditions[i].before, figure, conditions[i].after);
}

static void chosen(struct ps_program *p, const struct ps_menu_item *item)
{
    struct ps_run *run = &p->run;
    char text[PS_TRIGGER_BYTES], why[200];
    switch (item->argument) {
    case OFF:
        ps_program_trigger_off(p);
        break;
    case AGAIN:
        snprintf(text, sizeof text, "%s", run->trigger.text);
        if (!ps_program_trigger_arm(p, text, why, sizeof why))
            ps_program_say(p, PS_STYLE_WARNING, "%s", why);
        break;
    case SAVE:
        save(p);
        break;
    case OWN:
        ask(p, run->trigger.text);
        break;
    default:
        ask(p, item->label);
        break;
    }
}

void ps_program_trigger_menu(struct ps_program *p)
{
    const struct ps_trigger *t = &p->run.trigger;
    char text[PS_TRIGGER_BYTES];
    bool on = t->state != PS_TRIGGER_OFF;
    ps_program_open(p, PS_OVERLAY_MENU, "Trigger: stop the picture when");
    p->choose = chosen;
    if (t->state == PS_TRIGGER_DONE) {
        if (p->run.tape)
            ps_program_menu_add(p, SAVE, false, "save a recording", "of the time around it");
        ps_program_menu_add(p, AGAIN, false, "arm again", t->text);
    }
    if (on)
        ps_program_menu_add(p, OFF, false, "off", t->state == PS_TRIGGER_DONE ? "" : t->text);
    for (unsigned i = 0; i < CONDITIONS; i++) {
        condition_text(p, i, text, sizeof text);
        ps_program_menu_add(p, (int)i, false, text, conditions[i].note);
    }
    ps_program_menu_add(p, OWN, false, "another condition",
                        "any metric: done < 100/s, rss_bytes > 1 GiB");
}

/* ---- the run ---- */

static void rearm(struct ps_program *p)
{
    char text[PS_TRIGGER_BYTES], why[200];
    snprintf(text, sizeof text, "%s", p->run.trigger.text);
    p->run.rearm = false;
    if (!ps_program_trigger_arm(p, text, why, sizeof why)) {
        ps_trigger_disarm(&p->run.trigger);
        ps_program_say(p, PS_STYLE_WARNING, "the trigger is off: %s", why);
    }
}

void ps_program_trigger_feed(struct ps_program *p)
{
    struct ps_run *run = &p->run;
    struct ps_trigger *t = &run->trigger;
    const struct ps_snapshot *s = run->snapshot;
    if (run->rearm && s->phase != PS_PHASE_RUNNING)
        return;
    if (run->rearm)
        rearm(p);
    if (run->tape)
        ps_tape_snapshot(run->tape, s);
    enum ps_trigger_news news = ps_trigger_feed(t, s, run->history);
    if (news == PS_TRIGGER_FIRES) {
        ps_timeline_instant(ps_history_timeline(run->history), UINT64_MAX,
                            &run->view.mark[PS_MARK_TRIGGER]);
        if (run->tape)
            ps_tape_hold(run->tape);
        ps_log_add(&run->log, s->at_ns, PS_STYLE_ERROR, "trigger: %s, it is %s", t->test, t->found);
        ps_program_say(p, PS_STYLE_ERROR, "trigger: %s, it is %s; the picture stops in %.0f s",
                       t->test, t->found, (double)t->keep_ns / PS_NS_PER_S);
    } else if (news == PS_TRIGGER_WANTS_PICTURE) {
        if (run->tape)
            ps_tape_stop(run->tape);
        if (!run->view.frozen)
            ps_program_freeze(p);
        ps_program_say(p, PS_STYLE_NOTE,
                       "the picture stands still: T saves it or arms again, Z lets it go on");
    }
}

void ps_program_trigger_begin(struct ps_program *p)
{
    p->run.rearm = p->run.trigger.state != PS_TRIGGER_OFF;
}

void ps_program_trigger_end(struct ps_program *p)
{
    ps_tape_free(p->run.tape);
    p->run.tape = NULL;
}
