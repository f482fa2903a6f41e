#include "ui/findings/finding.h"

#include <stdarg.h>
#include <stdio.h>

#define KIND(word_, title_, lesson_, at_once_, bar_)    \
    [PS_FINDING_##word_] = {.title = (title_),          \
                            .bar = (bar_),              \
                            .lesson = (lesson_),        \
                            .at_once = (at_once_) != 0, \
                            .look = ps_look_##word_},
const struct ps_finding_kind ps_finding_kinds[PS_FINDING_COUNT] = {PS_FINDING_KINDS(KIND)};

void ps_finding_say(struct ps_finding *f, enum ps_style style, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(f->text, sizeof f->text, format, arguments);
    va_end(arguments);
    f->style = style;
}

void ps_finding_figure(struct ps_finding *f, const char *label, const char *format, ...)
{
    if (f->evidence_count >= PS_EVIDENCE_MAX)
        return;
    struct ps_evidence *evidence = &f->evidence[f->evidence_count++];
    snprintf(evidence->label, sizeof evidence->label, "%s", label);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(evidence->figure, sizeof evidence->figure, format, arguments);
    va_end(arguments);
}

void ps_finding_try(struct ps_finding *f, enum ps_action action, const char *format, ...)
{
    if (f->remedy_count >= PS_REMEDIES_MAX)
        return;
    struct ps_remedy *remedy = &f->remedy[f->remedy_count++];
    remedy->action = action;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(remedy->text, sizeof remedy->text, format, arguments);
    va_end(arguments);
}

double ps_signs_rate(const struct ps_signs *signs, uint64_t then, uint64_t now)
{
    return signs->seconds > 0 && now > then ? (double)(now - then) / signs->seconds : 0;
}

double ps_signs_ready(const struct ps_signs *signs)
{
    const struct ps_snapshot *s = signs->snapshot;
    double could = signs->sums.ready + signs->sums.cpu;
    if (s->slots == 0 || !s->worker[0].os_valid || signs->seconds <= 0)
        return -1;
    return could > 0 ? signs->sums.ready / could : 0;
}
