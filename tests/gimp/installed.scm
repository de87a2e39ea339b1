; SPDX-License-Identifier: GPL-3.0-or-later
; The plug-in as cmake --install lays it down, run once.

(define image (image-of-files frames))
(run-stack image '())
(check-equal "the installed plug-in adds its layers"
             (length (layers-of image)) (+ 2 (length frames)))
(end-of-checks)
