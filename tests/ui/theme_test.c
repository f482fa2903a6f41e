#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "golden.h"
#include "ui/format.h"
#include "ui/theme.h"

static void names_are_found(void **state)
{
    (void)state;
    for (unsigned t = 0; t < PS_THEME_COUNT; t++) {
        enum ps_theme found;
        assert_true(ps_theme_find(ps_theme_name((enum ps_theme)t), &found));
        assert_int_equal(found, t);
    }
    enum ps_theme none;
    assert_false(ps_theme_find("sepia", &none));
}

static void no_color_means_mono(void **state)
{
    (void)state;
    assert_int_equal(ps_theme_choose(PS_THEME_LIGHT, NULL), PS_THEME_LIGHT);
    assert_int_equal(ps_theme_choose(PS_THEME_LIGHT, ""), PS_THEME_LIGHT);
    assert_int_equal(ps_theme_choose(PS_THEME_LIGHT, "1"), PS_THEME_MONO);
    for (unsigned s = 0; s < PS_STYLE_COUNT; s++)
        assert_int_equal(ps_theme_paint(PS_THEME_MONO, (enum ps_style)s).colour, PS_COLOUR_DEFAULT);
}

static void every_state_has_a_glyph_and_a_colour_of_its_own(void **state)
{
    (void)state;
    for (int ascii = 0; ascii < 2; ascii++) {
        for (unsigned a = 0; a < PS_STATE_COUNT; a++) {
            uint32_t glyph = ps_state_glyph((enum ps_state)a, false, ascii);
            assert_true(!ascii || glyph < 0x7f);
            assert_int_not_equal(glyph, ps_state_glyph(PS_STATE_RUN, true, ascii));
            for (unsigned b = a + 1; b < PS_STATE_COUNT; b++) {
                assert_int_not_equal(glyph, ps_state_glyph((enum ps_state)b, false, ascii));
                assert_int_not_equal(ps_state_style((enum ps_state)a, false),
                                     ps_state_style((enum ps_state)b, false));
            }
        }
    }
}

static void running_is_drawn_as_high_as_its_share(void **state)
{
    (void)state;
    uint32_t before = 0;
    for (double share = 0.05; share <= 1; share += 0.05) {
        uint32_t glyph = ps_state_glyph_share(PS_STATE_RUN, false, share, false);
        assert_true(glyph >= before);
        before = glyph;
    }
    assert_int_equal(before, ps_state_glyph(PS_STATE_RUN, false, false));
}

/* Golden screens say the style of each cell; this is what the styles look like. */
static void golden_of_the_paint_of_every_theme(void **state)
{
    (void)state;
    static const char *const names[] = {
#define NAME(name, dark, light, ansi, attr, mono) #name,
        PS_STYLES(NAME)
#undef NAME
    };
    char *found = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&found, &size);
    for (unsigned t = 0; t < PS_THEME_COUNT; t++) {
        for (unsigned s = 0; s < PS_STYLE_COUNT; s++) {
            struct ps_paint p = ps_theme_paint((enum ps_theme)t, (enum ps_style)s);
            fprintf(to, "%s %-9s", ps_theme_name((enum ps_theme)t), names[s]);
            if (p.colour == PS_COLOUR_DEFAULT)
                fputs(" default    -", to);
            else
                fprintf(to, " #%06x %5d", (unsigned)p.colour, ps_colour_256(p.colour));
            fprintf(to, " %3d%s%s%s%s\n", p.ansi, p.attributes & PS_ATTR_BOLD ? " bold" : "",
                    p.attributes & PS_ATTR_DIM ? " dim" : "",
                    p.attributes & PS_ATTR_REVERSE ? " reverse" : "",
                    p.attributes & PS_ATTR_UNDERLINE ? " underline" : "");
        }
    }
    fclose(to);
    golden_check_text(found, "themes");
    free(found);
}

static void nearest_of_256_colours(void **state)
{
    (void)state;
    assert_int_equal(ps_colour_256(0x000000), 16);
    assert_int_equal(ps_colour_256(0xffffff), 231);
    assert_int_equal(ps_colour_256(0xff0000), 196);
    assert_int_equal(ps_colour_256(0x808080), 244);
}

static void figures_are_short(void **state)
{
    (void)state;
    char text[PS_FIGURE_BYTES];
    assert_string_equal(ps_figure_time(text, 0), "0");
    assert_string_equal(ps_figure_time(text, 410000), "410us");
    assert_string_equal(ps_figure_time(text, 1250000), "1.25ms");
    assert_string_equal(ps_figure_time(text, 38400000), "38.4ms");
    assert_string_equal(ps_figure_time(text, 999999999), "1.00s");
    assert_string_equal(ps_figure_time(text, UINT64_C(200000000000)), "3m20");
    assert_string_equal(ps_figure_rate(text, 0.01), "0");
    assert_string_equal(ps_figure_rate(text, 2.5), "2.5");
    assert_string_equal(ps_figure_rate(text, 1842.4), "1842");
    assert_string_equal(ps_figure_rate(text, 12345), "12.3k");
    assert_string_equal(ps_figure_rate(text, 4.5e6), "4.50M");
    assert_string_equal(ps_figure_whole(text, 9998), "9,998");
    assert_string_equal(ps_figure_whole(text, 1234567), "1,234,567");
    assert_string_equal(ps_figure_clock(text, UINT64_C(3723000000000)), "1:02:03");
    for (uint64_t ns = 1; ns < UINT64_C(90000000000); ns = ns * 5 / 4 + 1)
        assert_true(strlen(ps_figure_time(text, ns)) <= 6);
    for (double value = 0.01; value < 1e9; value *= 1.21)
        assert_true(strlen(ps_figure_rate(text, value)) <= 5);
}

static void goldens_belong_to_programs(void **state)
{
    (void)state;
    golden_check_folders();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found),
        cmocka_unit_test(no_color_means_mono),
        cmocka_unit_test(every_state_has_a_glyph_and_a_colour_of_its_own),
        cmocka_unit_test(running_is_drawn_as_high_as_its_share),
        cmocka_unit_test(golden_of_the_paint_of_every_theme),
        cmocka_unit_test(nearest_of_256_colours),
        cmocka_unit_test(figures_are_short),
        cmocka_unit_test(goldens_belong_to_programs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
