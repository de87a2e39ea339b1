/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Features by OpenCV: SIFT (Lowe, Distinctive Image Features from Scale-Invariant Keypoints, 2004),
 * ORB (Rublee and others, 2011), AKAZE (Alcantarilla and others, 2013), BRISK (Leutenegger and
 * others, 2011), SURF (Bay and others, 2006); matching by FLANN (Muja and Lowe, 2009) or Hamming's
 * norm with the ratio test of Lowe; RANSAC (Fischler and Bolles, 1981) or the least median of
 * squares.
 *
 * The strongest features are kept, in an order of their own, since OpenCV's own depends on its
 * threads in some versions. No exception leaves this file.
 */
#include "features/features.h"

#include <hyperfocal/error.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <new>
#include <opencv2/calib3d.hpp>
#include <opencv2/core.hpp>
#include <opencv2/features2d.hpp>
#include <tuple>
#include <vector>

#ifdef HF_HAVE_SURF
#include <opencv2/xfeatures2d/nonfree.hpp>
#endif

struct HfFeatureSet {
    std::vector<cv::KeyPoint> points;
    cv::Mat descriptors;
};

namespace {

const int MOST_FEATURES = 5000;
const int FEWEST_FOR_HOMOGRAPHY = 12;
const uint64_t SEED = 0x48797065;

std::mutex lock; /* of the two: */
int n_inside, threads_before;

/* While one of these lives OpenCV works on the calling thread, and this thread's random numbers are
 * as of the seed. */
class Quiet {
  public:
    Quiet () : random (cv::theRNG ())
    {
        std::lock_guard<std::mutex> guard (lock);

        if (n_inside++ == 0) {
            threads_before = cv::getNumThreads ();
            cv::setNumThreads (1);
        }
        cv::theRNG () = cv::RNG (SEED);
    }
    ~Quiet ()
    {
        std::lock_guard<std::mutex> guard (lock);

        cv::theRNG () = random;
        if (--n_inside == 0)
            cv::setNumThreads (threads_before);
    }
    Quiet (const Quiet &) = delete;
    Quiet &operator= (const Quiet &) = delete;

  private:
    cv::RNG random;
};

/* To be called within a catch. */
void
tell (GError **error)
{
    try {
        throw;
    } catch (const cv::Exception &exception) {
        g_set_error (error, HF_ERROR,
                     exception.code == cv::Error::StsNoMem ? HF_ERROR_MEMORY : HF_ERROR_ARGUMENT,
                     "the features failed: OpenCV says \"%s\"", exception.err.c_str ());
    } catch (const std::bad_alloc &) {
        g_set_error (error, HF_ERROR, HF_ERROR_MEMORY, "the features do not fit into memory");
    } catch (const std::exception &exception) {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT, "the features failed: %s",
                     exception.what ());
    } catch (...) {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT, "the features failed");
    }
}

cv::Ptr<cv::Feature2D>
detector_of (HfDetector detector)
{
    switch (detector) {
    case HF_DETECTOR_SIFT:
        return cv::SIFT::create ();
    case HF_DETECTOR_ORB:
        return cv::ORB::create (MOST_FEATURES);
    case HF_DETECTOR_AKAZE:
        return cv::AKAZE::create ();
    case HF_DETECTOR_BRISK:
        return cv::BRISK::create ();
    case HF_DETECTOR_SURF:
        break;
    }
#ifdef HF_HAVE_SURF
    return cv::xfeatures2d::SURF::create ();
#else
    return cv::SIFT::create (); /* refused by hf_features_check () */
#endif
}

cv::Ptr<cv::Feature2D>
descriptor_of (const HfFeaturesOptions *options)
{
    switch (static_cast<HfDescriptor> (options->descriptor)) {
    case HF_DESCRIPTOR_SIFT:
        return cv::SIFT::create ();
    case HF_DESCRIPTOR_ORB:
        return cv::ORB::create (MOST_FEATURES);
    case HF_DESCRIPTOR_AKAZE:
        return cv::AKAZE::create ();
    case HF_DESCRIPTOR_BRISK:
        return cv::BRISK::create ();
    case HF_DESCRIPTOR_AUTO:
        break;
    }
    return options->detector == HF_DETECTOR_SURF
               ? cv::Ptr<cv::Feature2D> (cv::SIFT::create ())
               : detector_of (static_cast<HfDetector> (options->detector));
}

bool
is_stronger (const cv::KeyPoint &a, const cv::KeyPoint &b)
{
    return std::make_tuple (-a.response, a.pt.y, a.pt.x, a.size, a.angle, a.octave) <
           std::make_tuple (-b.response, b.pt.y, b.pt.x, b.size, b.angle, b.octave);
}

void
find (const HfFeaturesOptions *options, const HfFeaturePicture *picture, HfFeatureSet *set)
{
    cv::Mat grey (picture->height, picture->width, CV_8UC1, const_cast<uint8_t *> (picture->grey));
    cv::Mat mask;

    if (picture->mask)
        mask = cv::Mat (picture->height, picture->width, CV_8UC1,
                        const_cast<uint8_t *> (picture->mask));
    detector_of (static_cast<HfDetector> (options->detector))->detect (grey, set->points, mask);
    std::sort (set->points.begin (), set->points.end (), is_stronger);
    if (set->points.size () > static_cast<size_t> (MOST_FEATURES))
        set->points.resize (MOST_FEATURES);
    if (!set->points.empty ())
        descriptor_of (options)->compute (grey, set->points, set->descriptors);
}

cv::Ptr<cv::DescriptorMatcher>
matcher_for (const HfFeaturesOptions *options, const cv::Mat &descriptors)
{
    if (descriptors.type () == CV_8U)
        return cv::makePtr<cv::BFMatcher> (cv::NORM_HAMMING);

    cv::Ptr<cv::flann::IndexParams> index = cv::makePtr<cv::flann::IndexParams> ();

    index->setAlgorithm (options->flann_idx_kdtree);
    index->setInt ("trees", options->flann_trees);
    return cv::makePtr<cv::FlannBasedMatcher> (
        index, cv::makePtr<cv::flann::SearchParams> (options->flann_checks));
}

HfFeatureMatch
match_of (const cv::KeyPoint &a, const cv::KeyPoint &b)
{
    HfFeatureMatch match = { a.pt.x, a.pt.y, b.pt.x, b.pt.y, a.size, false };

    return match;
}

/* One of several features of the second picture may answer to many of the first: the nearest pair
 * stands, so that no feature counts twice. */
std::vector<HfFeatureMatch>
match (const HfFeaturesOptions *options, const HfFeatureSet *first, const HfFeatureSet *second)
{
    std::vector<std::vector<cv::DMatch>> found;
    std::vector<const cv::DMatch *> best (second->points.size (), nullptr);
    std::vector<HfFeatureMatch> matches;

    matcher_for (options, first->descriptors)
        ->knnMatch (first->descriptors, second->descriptors, found, 2);
    for (const std::vector<cv::DMatch> &nearest : found) {
        if (nearest.size () < 2 ||
            !(nearest[0].distance < options->match_threshold * nearest[1].distance))
            continue;
        const cv::DMatch *&standing = best[static_cast<size_t> (nearest[0].trainIdx)];
        if (!standing || nearest[0].distance < standing->distance)
            standing = &nearest[0];
    }
    for (const cv::DMatch *standing : best)
        if (standing)
            matches.push_back (match_of (first->points[static_cast<size_t> (standing->queryIdx)],
                                         second->points[static_cast<size_t> (standing->trainIdx)]));
    return matches;
}

cv::Mat
fit (const HfFeaturesOptions *options, HfTransformModel model, const std::vector<cv::Point2f> &from,
     const std::vector<cv::Point2f> &to, std::vector<uchar> &agrees)
{
    const bool ransac = options->robust_fit == HF_ROBUST_RANSAC;
    const int method = ransac ? static_cast<int> (cv::RANSAC) : static_cast<int> (cv::LMEDS);
    const double confidence = options->align_confidence / 100;
    const size_t samples = static_cast<size_t> (options->max_iters);
    const size_t refining = static_cast<size_t> (options->refine_iters);

    if ((model == HF_TRANSFORM_HOMOGRAPHY || model == HF_TRANSFORM_AUTO) &&
        from.size () >= static_cast<size_t> (FEWEST_FOR_HOMOGRAPHY))
        return cv::findHomography (from, to, method, options->rans_threshold, agrees,
                                   options->max_iters, confidence);
    if (model == HF_TRANSFORM_AFFINE)
        return cv::estimateAffine2D (from, to, agrees, method, options->rans_threshold, samples,
                                     confidence, refining);
    return cv::estimateAffinePartial2D (from, to, agrees, method, options->rans_threshold, samples,
                                        confidence, refining);
}

bool
to_matrix (const cv::Mat &fitted, HfMatrix *motion)
{
    *motion = hf_matrix_identity ();
    for (int row = 0; row < fitted.rows; row++)
        for (int column = 0; column < 3; column++) {
            motion->m[3 * row + column] = fitted.at<double> (row, column);
            if (!std::isfinite (motion->m[3 * row + column]))
                return false;
        }
    return fitted.rows >= 2;
}

} // namespace

bool
hf_features_available (void)
{
    return true;
}

bool
hf_features_has_surf (void)
{
#ifdef HF_HAVE_SURF
    /* The library may be there with the patented part of its time left out; it then says so. */
    static const bool there = [] {
        try {
            return !cv::xfeatures2d::SURF::create ().empty ();
        } catch (...) {
            return false;
        }
    }();
    return there;
#else
    return false;
#endif
}

HfFeatureSet *
hf_feature_set_new (const HfFeaturesOptions *options, const HfFeaturePicture *picture,
                    GError **error)
{
    HfFeatureSet *set = nullptr;

    try {
        Quiet quiet;

        set = new HfFeatureSet;
        find (options, picture, set);
        return set;
    } catch (...) {
        tell (error);
        delete set;
        return nullptr;
    }
}

void
hf_feature_set_free (HfFeatureSet *set)
{
    delete set;
}

int
hf_feature_set_n (const HfFeatureSet *set)
{
    return static_cast<int> (set->points.size ());
}

HfFeatureMatch *
hf_feature_match (const HfFeaturesOptions *options, const HfFeatureSet *first,
                  const HfFeatureSet *second, int *n, GError **error)
{
    *n = 0;
    if (first->points.size () < 2 || second->points.size () < 2)
        return nullptr;
    try {
        Quiet quiet;
        std::vector<HfFeatureMatch> matches = match (options, first, second);

        *n = static_cast<int> (matches.size ());
        return static_cast<HfFeatureMatch *> (
            g_memdup2 (matches.data (), matches.size () * sizeof (HfFeatureMatch)));
    } catch (...) {
        *n = 0;
        tell (error);
        return nullptr;
    }
}

int
hf_feature_fit (const HfFeaturesOptions *options, HfTransformModel model, HfFeatureMatch *matches,
                int n, HfMatrix *motion, GError **error)
{
    int n_agree = 0;

    *motion = hf_matrix_identity ();
    if (n < 4)
        return 0;
    try {
        Quiet quiet;
        std::vector<cv::Point2f> from, to;
        std::vector<uchar> agrees;

        for (int i = 0; i < n; i++) {
            from.emplace_back (matches[i].x0, matches[i].y0);
            to.emplace_back (matches[i].x1, matches[i].y1);
        }
        if (!to_matrix (fit (options, model, from, to, agrees), motion))
            return 0;
        for (int i = 0; i < n; i++) {
            matches[i].agrees = agrees[static_cast<size_t> (i)] != 0;
            n_agree += matches[i].agrees;
        }
        return n_agree;
    } catch (...) {
        tell (error);
        return -1;
    }
}
