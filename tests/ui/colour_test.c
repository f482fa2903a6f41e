/* Colours for all eyes, computed: contrast after WCAG 2.1 (1.4.3 text, 1.4.11 graphics), colour
 * blindness after Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of
 * Color Vision Deficiency", IEEE TVCG 15 (2009), severity 1.0, differences as CIE76 in CIELAB (D65).
 * A difference of 2.3 is just noticeable; what is told apart at a glance must be far above it. */
#include <math.h>
#include <stdio.h>

#include "check.h"
#include "ui/theme.h"

#define TEXT_CONTRAST     4.5
#define GRAPHICS_CONTRAST 3.0
#define TOLD_APART        14.0

struct vision {
    const char *name;
    double matrix[3][3]; /* of linear RGB */
};

static const struct vision visions[] = {
    {"usual", {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}},
    {"deuteranopia",
     {{0.367322, 0.860646, -0.227968},
      {0.280085, 0.672501, 0.047413},
      {-0.011820, 0.042940, 0.968881}}},
    {"protanopia",
     {{0.152286, 1.052583, -0.204868},
      {0.114503, 0.786281, 0.099216},
      {-0.003882, -0.048116, 1.051998}}},
};
#define VISIONS (sizeof visions / sizeof visions[0])

static void linear(int32_t rgb, double into[3])
{
    for (int i = 0; i < 3; i++) {
        double v = (rgb >> (16 - 8 * i) & 255) / 255.0;
        into[i] = v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
    }
}

static double luminance(int32_t rgb)
{
    double c[3];
    linear(rgb, c);
    return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2];
}

static double contrast(int32_t a, int32_t b)
{
    double la = luminance(a) + 0.05, lb = luminance(b) + 0.05;
    return la > lb ? la / lb : lb / la;
}

static double lab_curve(double t)
{
    return t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116;
}

static void lab(int32_t rgb, const struct vision *vision, double into[3])
{
    double c[3], seen[3];
    linear(rgb, c);
    for (int i = 0; i < 3; i++) {
        const double *row = vision->matrix[i];
        seen[i] = fmin(1, fmax(0, row[0] * c[0] + row[1] * c[1] + row[2] * c[2]));
    }
    double x = lab_curve((0.4124 * seen[0] + 0.3576 * seen[1] + 0.1805 * seen[2]) / 0.95047);
    double y = lab_curve(0.2126 * seen[0] + 0.7152 * seen[1] + 0.0722 * seen[2]);
    double z = lab_curve((0.0193 * seen[0] + 0.1192 * seen[1] + 0.9505 * seen[2]) / 1.08883);
    into[0] = 116 * y - 16;
    into[1] = 500 * (x - y);
    into[2] = 200 * (y - z);
}

static double difference(int32_t a, int32_t b, const struct vision *vision)
{
    double p[3], q[3];
    lab(a, vision, p);
    lab(b, vision, q);
    return sqrt((p[0] - q[0]) * (p[0] - q[0]) + (p[1] - q[1]) * (p[1] - q[1]) +
                (p[2] - q[2]) * (p[2] - q[2]));
}

/* The terminals that people have: black and nearly black, white. */
static const int32_t dark[] = {0x000000, 0x12161d}, light[] = {0xffffff};

static double least_contrast(enum ps_theme theme, enum ps_style style)
{
    int32_t colour = ps_theme_paint(theme, style).colour;
    const int32_t *on = theme == PS_THEME_LIGHT ? light : dark;
    size_t count =
        theme == PS_THEME_LIGHT ? sizeof light / sizeof *light : sizeof dark / sizeof *dark;
    double least = 21;
    for (size_t i = 0; i < count; i++)
        least = fmin(least, contrast(colour, on[i]));
    return least;
}

static void demand(enum ps_theme theme, enum ps_style style, double bar)
{
    double is = least_contrast(theme, style);
    if (is < bar)
        print_error("theme %s, style %d: contrast %.2f, wanted %.2f\n", ps_theme_name(theme), style,
                    is, bar);
    assert_true(is >= bar);
}

static void the_measures_are_right(void **state)
{
    (void)state;
    assert_true(fabs(contrast(0, 0xffffff) - 21) < 0.01);
    assert_true(fabs(contrast(0x777777, 0xffffff) - 4.48) < 0.01);
    assert_true(fabs(difference(0x000000, 0xffffff, &visions[0]) - 100) < 0.1);
    /* Red and green of one lightness: far apart, and nearly one colour to a deuteranope. */
    assert_true(difference(0xb05000, 0x808000, &visions[0]) > 40);
    assert_true(difference(0xb05000, 0x808000, &visions[1]) < 15);
}

static void text_can_be_read(void **state)
{
    (void)state;
    static const enum ps_style text[] = {
        PS_STYLE_STRONG, PS_STYLE_DIM,   PS_STYLE_TITLE, PS_STYLE_FOCUS, PS_STYLE_BRAND,
        PS_STYLE_KEY,    PS_STYLE_LABEL, PS_STYLE_GOOD,  PS_STYLE_NOTE,  PS_STYLE_WARNING,
        PS_STYLE_ERROR,  PS_STYLE_ALERT, PS_STYLE_INPUT,
    };
    for (size_t i = 0; i < sizeof text / sizeof text[0]; i++) {
        demand(PS_THEME_DARK, text[i], TEXT_CONTRAST);
        demand(PS_THEME_LIGHT, text[i], TEXT_CONTRAST);
    }
}

/* Idle and off are what is not there: they may be fainter. */
static void states_can_be_seen(void **state)
{
    (void)state;
    for (enum ps_theme theme = PS_THEME_DARK; theme <= PS_THEME_LIGHT; theme++) {
        for (unsigned s = 0; s < PS_STATE_COUNT; s++)
            demand(theme, ps_state_style((enum ps_state)s, false),
                   s == PS_STATE_OFF    ? 1.5
                   : s == PS_STATE_IDLE ? 2
                                        : GRAPHICS_CONTRAST);
        demand(theme, PS_STYLE_READY, GRAPHICS_CONTRAST);
        for (enum ps_style s = PS_STYLE_GRAPH1; s <= PS_STYLE_GRAPH3; s++)
            demand(theme, s, GRAPHICS_CONTRAST);
    }
}

static void told_apart(const enum ps_style *styles, size_t count)
{
    for (enum ps_theme theme = PS_THEME_DARK; theme <= PS_THEME_LIGHT; theme++) {
        for (size_t a = 0; a < count; a++) {
            for (size_t b = a + 1; b < count; b++) {
                for (size_t v = 0; v < VISIONS; v++) {
                    double is = difference(ps_theme_paint(theme, styles[a]).colour,
                                           ps_theme_paint(theme, styles[b]).colour, &visions[v]);
                    if (is < TOLD_APART)
                        print_error("theme %s, %s, styles %d and %d: %.1f\n", ps_theme_name(theme),
                                    visions[v].name, styles[a], styles[b], is);
                    assert_true(is >= TOLD_APART);
                }
            }
        }
    }
}

static void states_are_told_apart_by_all(void **state)
{
    (void)state;
    enum ps_style styles[PS_STATE_COUNT];
    size_t count = 0;
    for (unsigned s = 0; s < PS_STATE_COUNT; s++)
        if (s != PS_STATE_OFF)
            styles[count++] = ps_state_style((enum ps_state)s, false);
    styles[count++] = PS_STYLE_READY;
    told_apart(styles, count);
}

static void messages_and_curves_are_told_apart_by_all(void **state)
{
    (void)state;
    static const enum ps_style messages[] = {PS_STYLE_GOOD, PS_STYLE_NOTE, PS_STYLE_WARNING,
                                             PS_STYLE_ERROR};
    static const enum ps_style curves[] = {PS_STYLE_GRAPH1, PS_STYLE_GRAPH2, PS_STYLE_GRAPH3};
    told_apart(messages, sizeof messages / sizeof messages[0]);
    told_apart(curves, sizeof curves / sizeof curves[0]);
}

/* In each of the three degrees of brightness. */
static void owners_of_tiles_are_told_apart_by_all(void **state)
{
    (void)state;
    for (unsigned brightness = 1; brightness <= 3; brightness++) {
        enum ps_style styles[PS_OWNER_COLOURS];
        for (unsigned w = 0; w < PS_OWNER_COLOURS; w++)
            styles[w] = ps_owner_style(w, brightness);
        told_apart(styles, PS_OWNER_COLOURS);
    }
}

/* Of 16 colours there are too few for all; what stands side by side in lanes must differ. */
static void common_states_differ_among_16_colours(void **state)
{
    (void)state;
    static const enum ps_style styles[] = {PS_STYLE_RUN,  PS_STYLE_READY, PS_STYLE_LOCK,
                                           PS_STYLE_NET,  PS_STYLE_DISK,  PS_STYLE_SLEEP,
                                           PS_STYLE_IDLE, PS_STYLE_BLOCK};
    size_t count = sizeof styles / sizeof styles[0];
    for (size_t a = 0; a < count; a++)
        for (size_t b = a + 1; b < count; b++)
            assert_int_not_equal(ps_theme_paint(PS_THEME_DARK, styles[a]).ansi,
                                 ps_theme_paint(PS_THEME_DARK, styles[b]).ansi);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_measures_are_right),
        cmocka_unit_test(text_can_be_read),
        cmocka_unit_test(states_can_be_seen),
        cmocka_unit_test(states_are_told_apart_by_all),
        cmocka_unit_test(messages_and_curves_are_told_apart_by_all),
        cmocka_unit_test(owners_of_tiles_are_told_apart_by_all),
        cmocka_unit_test(common_states_differ_among_16_colours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
