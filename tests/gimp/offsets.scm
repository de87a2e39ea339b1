; SPDX-License-Identifier: GPL-3.0-or-later
; Layers of different sizes at different places: each frame but the reference is cut to a part of
; itself that stays in place, so that the result is that of the whole frames where all are seen.

(define (cut layer left top right bottom)
  (let ((size (size-of layer)))
    (gimp-layer-resize layer (- (car size) left right) (- (cadr size) top bottom)
                       (- left) (- top))))

(define image (image-of-files frames))
(define reference (- (length frames) 1 (quotient (length frames) 2)))
(let loop ((layers (layers-of image)) (index 0))
  (if (not (null? layers))
      (begin
        (if (not (= index reference))
            (cut (car layers) (+ 3 index) (- 12 index) (* 2 index) 5))
        (loop (cdr layers) (+ index 1)))))
(define fused (run-stack image '()))
(check-equal "canvas of the reference" (size-of fused) (image-size image))
(check-equal "place of the reference" (offsets-of fused) '(0 0))
(check-equal "all frames are used"
             (length (children-of (cadr (layers-of image)))) (length frames))
(check "a part of the canvas that a frame does not see is transparent in it"
       (has-alpha? (car (children-of (cadr (layers-of image))))))
(save-layer-png image fused "fused.png")

; The whole stack moved within the image: the result moves with it.
(define image (image-of-files frames))
(for-each (lambda (layer) (gimp-layer-set-offsets layer 31 -17)) (layers-of image))
(define fused (run-stack image '()))
(check-equal "a moved stack gives a moved result" (offsets-of fused) '(31 -17))
(save-layer-png image fused "fused-moved.png")
(end-of-checks)
