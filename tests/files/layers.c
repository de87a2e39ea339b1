/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layers.h"

void
layers_new (Layer layers[N_LAYERS], HfFormat format, guint32 seed)
{
    static const char *const names[N_LAYERS] = { "frame 1.jpg", "Bild é 2.jpg", "frame 10.jpg",
                                                 "Focus stack" };
    static const int places[N_LAYERS][4] = {
        { 0, 0, 90, 70 }, { 13, 5, 61, 40 }, { 1, 33, 300, 200 }, { 0, 0, 90, 70 }
    };
    GRand *random = g_rand_new_with_seed (seed);

    for (int i = 0; i < N_LAYERS; i++) {
        HfImage *image = picture_random (places[i][2], places[i][3], format, random);

        for (int y = 0; y < image->height && hf_format_has_alpha (format); y++)
            for (int x = 0; x < image->width; x++) {
                int alpha = format.n_channels - 1;
                double value = picture_sample (image, x, y, alpha);

                picture_set_sample (image, x, y, alpha,
                                    format.type == HF_SAMPLE_FLOAT ? 0.25 + value / 2
                                                                   : MAX (value, 1));
            }
        layers[i] = (Layer) { names[i], places[i][0], places[i][1], image };
    }
    g_rand_free (random);
}

void
layers_clear (Layer layers[N_LAYERS])
{
    for (int i = 0; i < N_LAYERS; i++)
        hf_image_free (layers[i].image);
}

static HfPictureKind
kind_of (int layer)
{
    return layer == FUSED_LAYER  ? HF_PICTURE_FUSED
           : layer == SLAB_LAYER ? HF_PICTURE_SLAB
                                 : HF_PICTURE_ALIGNED;
}

void
layers_save (const Layer layers[N_LAYERS], const char *path, HfMetadata *metadata)
{
    HfFileOptions options = default_file_options ();
    GError *error = NULL;
    HfSink *sink = hf_layered_tiff_sink_new (path, &options, &error);

    g_assert_no_error (error);
    for (int i = 0; i < N_LAYERS; i++) {
        HfPictureInfo info = { .kind = kind_of (i),
                               .name = layers[i].name,
                               .frame = kind_of (i) == HF_PICTURE_ALIGNED ? i : -1,
                               .width = layers[i].image->width,
                               .height = layers[i].image->height,
                               .x = layers[i].x,
                               .y = layers[i].y,
                               .format = layers[i].image->format,
                               .metadata = metadata };

        picture_write (sink, layers[i].image, &info, 1 + i * 9, &error);
        g_assert_no_error (error);
    }
    hf_sink_commit (sink, &error);
    g_assert_no_error (error);
    hf_sink_free (sink);
    hf_options_clear (&hf_file_table, &options);
}

int
layer_of_page (int page)
{
    static const int order[N_LAYERS] = { FUSED_LAYER, SLAB_LAYER, 0, 1 };

    return order[page];
}
