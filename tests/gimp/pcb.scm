; SPDX-License-Identifier: GPL-3.0-or-later
; A real stack, for the comparison of the ways in.

(define image (image-of-files frames))
(define fused (run-stack image '()))
(check-equal "all frames are used"
             (length (children-of (cadr (layers-of image)))) (length frames))
(save-layer-png image fused "fused.png")
(end-of-checks)
