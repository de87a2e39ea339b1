; SPDX-License-Identifier: GPL-3.0-or-later
; The layers that a run adds: names, order, group, sizes, offsets; which layers are frames.

(define names (map base-name frames))
(define names-down (reverse names))
(define (aligned-name name) (string-append name " aligned"))
(define all-aligned (map aligned-name names-down))

; ---- a plain stack
(define image (image-of-files frames))
(define fused (run-stack image '()))
(define top (layers-of image))
(check-equal "names" (names-of top) (append '("Focus stack" "Aligned frames") names-down))
(check-equal "the fused layer is returned" fused (car top))
(check "the group is one" (is-group? (cadr top)))
(define aligned (children-of (cadr top)))
(check-equal "aligned frames in the order of their sources" (names-of aligned) all-aligned)
(check-equal "size of the fused layer" (size-of fused) (image-size image))
(check-equal "place of the fused layer" (offsets-of fused) '(0 0))
(check "a canvas that the frames cover needs no alpha" (not (has-alpha? fused)))
(for-each (lambda (layer)
            (check-equal "size of an aligned frame" (size-of layer) (image-size image))
            (check-equal "place of an aligned frame" (offsets-of layer) '(0 0)))
          aligned)
(save-layer-png image fused "fused.png")
; the middle one, frame n / 2 from below
(define n (length frames))
(define reference (quotient n 2))
(save-layer-png image (list-ref aligned (- n 1 reference)) "aligned-reference.png")

; ---- results of an earlier run are no frames
(define again (run-stack image '(("aligned-frames" . 0))))
(check-equal "names after a second run without aligned frames" (names-of (layers-of image))
             (append '("Focus stack #1" "Focus stack" "Aligned frames") names-down))
(save-layer-png image again "fused-again.png")

; ---- hidden layers are no frames, members of visible groups are
(define image (image-of-files frames))
(define layers (layers-of image)) ; top first
(define group (new-group image))
(gimp-image-insert-layer image group 0 1)
(gimp-image-reorder-item image (cadr layers) group 0)
(gimp-image-reorder-item image (caddr layers) group 1)
(gimp-item-set-visible (car layers) FALSE)
(run-stack image '())
(check-equal "hidden layers stay out, groups are entered"
             (names-of (children-of (cadr (layers-of image)))) (cdr all-aligned))
(gimp-item-set-visible group FALSE)
(gimp-item-set-visible (car layers) TRUE)
(run-stack image '())
(check-equal "members of hidden groups stay out"
             (names-of (children-of (cadr (layers-of image))))
             (cons (car all-aligned) ; the others have their like in the first run's group
                   (map (lambda (name) (string-append name " #1")) (cdddr all-aligned))))

; ---- cropped: the layers have offsets
(define image (image-of-files frames))
(define fused (run-stack image '(("crop" . "common"))))
(check-equal "cropped layers are alike"
             (map size-of (children-of (cadr (layers-of image))))
             (map (lambda (name) (size-of fused)) names))
(say "crop " (car (offsets-of fused)) "," (cadr (offsets-of fused)) ","
     (car (size-of fused)) "," (cadr (size-of fused)))
(save-layer-png image fused "fused-cropped.png")
(end-of-checks)
