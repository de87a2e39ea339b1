/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <hyperfocal/error.h>
#include <hyperfocal/option.h>

typedef struct Sample {
    int count;
    double level;
    bool flag;
    int model;
    char *text;
} Sample;

static const HfOption options[] = {
    { HF_OPTION_TYPE_INT, "count", "", "", "", 3, 1, 9, NULL, NULL, offsetof (Sample, count) },
    { HF_OPTION_TYPE_DOUBLE, "noise-level", "", "%", "", 0.5, 0, 1, NULL, NULL,
      offsetof (Sample, level) },
    { HF_OPTION_TYPE_BOOL, "flag", "", "", "", 1, 0, 1, NULL, NULL, offsetof (Sample, flag) },
    { HF_OPTION_TYPE_CHOICE, "model", "", "", "", HF_TRANSFORM_RIGID, 0, 0, NULL,
      hf_transform_choices, offsetof (Sample, model) },
    { HF_OPTION_TYPE_STRING, "text", "", "", "", 0, 0, 0, "middle", NULL, offsetof (Sample, text) },
};
static const HfOptionTable table = { "sample", "Sample", options, G_N_ELEMENTS (options),
                                     sizeof (Sample) };

static void
test_defaults (void)
{
    Sample sample, copy;

    hf_options_init (&table, &sample);
    g_assert_cmpint (sample.count, ==, 3);
    g_assert_cmpfloat (sample.level, ==, 0.5);
    g_assert_true (sample.flag);
    g_assert_cmpint (sample.model, ==, HF_TRANSFORM_RIGID);
    g_assert_cmpstr (sample.text, ==, "middle");
    hf_options_init (&table, &copy);
    sample.count = 7;
    hf_options_copy (&table, &copy, &sample);
    g_assert_cmpint (copy.count, ==, 7);
    g_assert_true (copy.text != sample.text);
    hf_options_clear (&table, &sample);
    hf_options_clear (&table, &copy);
}

static void
check (const char *name, const char *text, const char *result)
{
    Sample sample;
    GError *error = NULL;
    const HfOption *option = hf_option_find (&table, name);
    char *back;

    g_assert_nonnull (option);
    hf_options_init (&table, &sample);
    if (result) {
        g_assert_true (hf_option_set (option, &sample, text, &error));
        back = hf_option_get (option, &sample);
        g_assert_cmpstr (back, ==, result);
        g_free (back);
    } else {
        g_assert_false (hf_option_set (option, &sample, text, &error));
        g_assert_error (error, HF_ERROR, HF_ERROR_ARGUMENT);
        g_assert_nonnull (strstr (error->message, option->name));
        g_clear_error (&error);
    }
    hf_options_clear (&table, &sample);
}

static void
test_texts (void)
{
    check ("count", "9", "9");
    check ("count", "10", NULL);
    check ("count", "2.5", NULL);
    check ("count", "nan", NULL);
    check ("count", "", NULL);
    check ("noise_level", "0.125", "0.125");
    check ("noise-level", "1e-3x", NULL);
    check ("noise-level", "nan", NULL);
    check ("flag", "No", "no");
    check ("flag", "on", "yes");
    check ("flag", "maybe", NULL);
    check ("model", "Affine", "affine");
    check ("model", "7", NULL);
    check ("text", "any thing", "any thing");
    g_assert_null (hf_option_find (&table, "counts"));
    g_assert_null (hf_option_find (&table, ""));
}

static void
test_numbers (void)
{
    Sample sample;

    hf_options_init (&table, &sample);
    g_assert_true (hf_option_set_number (&options[3], &sample, HF_TRANSFORM_AFFINE, NULL));
    g_assert_cmpfloat (hf_option_get_number (&options[3], &sample), ==, HF_TRANSFORM_AFFINE);
    g_assert_false (hf_option_set_number (&options[3], &sample, 99, NULL));
    g_assert_false (hf_option_set_number (&options[4], &sample, 1, NULL));
    g_assert_cmpint (sample.model, ==, HF_TRANSFORM_AFFINE);
    hf_options_clear (&table, &sample);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/option/defaults-and-copies", test_defaults);
    g_test_add_func ("/option/texts", test_texts);
    g_test_add_func ("/option/numbers", test_numbers);
    return g_test_run ();
}
