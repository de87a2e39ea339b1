; SPDX-License-Identifier: GPL-3.0-or-later
; The noise map of the layers, against that of the command; it is no frame of a second run.

(define (in-folder name) (string-append folder "/" name))
(define image (image-of-files frames))
(define map-layer (run-noise-map image "auto" 5))

(check-equal "its name" (name-of map-layer) "Noise map")
(check-equal "it lies on top" (car (layers-of image)) map-layer)
(check-equal "one more layer" (length (layers-of image)) (+ 1 (length frames)))
(check-equal "its size" (size-of map-layer) (image-size image))
(save-layer-as-png image map-layer (in-folder "noise-map.png"))
(check-equal "a second run has the same frames"
             (begin (run-noise-map image "auto" 5) (length (layers-of image)))
             (+ 2 (length frames)))
(check "thresholds that are none are refused"
       (catch #t (begin (run-noise-map image "1,2" 5) #f)))
(gimp-image-delete image)
(end-of-checks)
