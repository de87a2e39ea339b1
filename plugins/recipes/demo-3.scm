; SPDX-License-Identifier: GPL-3.0-or-later
; A batch recipe for GIMP 3: frames from files as layers of one image, through the plug-in, and out
; again as a picture with layers (XCF), the fused picture alone (PNG), and the fused picture and the
; aligned frames as pages of a TIFF.
;
;   gimp-console-3.0 -i --quit --batch-interpreter=plug-in-script-fu-eval -b '(load "demo.scm")'
; where demo.scm is
;   (load "…/demo-3.scm")
;   (hyperfocal-demo (list "a.jpg" "b.jpg" …) "demo.xcf" "demo.png" "demo.tif")

(define (hyperfocal-layers image) (vector->list (car (gimp-image-get-layers image))))

; The first file at the bottom.
(define (hyperfocal-image-of-files paths)
  (let ((image (car (gimp-file-load RUN-NONINTERACTIVE (car paths)))))
    (for-each (lambda (path)
                (let ((layer (car (gimp-file-load-layer RUN-NONINTERACTIVE image path))))
                  (gimp-image-insert-layer image layer 0 0)))
              (cdr paths))
    image))

; A copy of the image that holds the results alone, the aligned frames out of their group.
(define (hyperfocal-results image)
  (let* ((copy (car (gimp-image-duplicate image)))
         (layers (hyperfocal-layers copy))
         (group (cadr layers)))
    (for-each (lambda (layer) (gimp-image-remove-layer copy layer)) (cddr layers))
    (for-each (lambda (layer)
                (gimp-image-reorder-item copy layer 0
                                         (car (gimp-image-get-item-position copy group))))
              (vector->list (car (gimp-item-get-children group))))
    (gimp-image-remove-layer copy group)
    copy))

; A copy of the image with the top layer alone.
(define (hyperfocal-top image)
  (let ((copy (car (gimp-image-duplicate image))))
    (for-each (lambda (layer) (gimp-image-remove-layer copy layer))
              (cdr (hyperfocal-layers copy)))
    copy))

(define (hyperfocal-demo frames xcf png tiff)
  (let ((image (hyperfocal-image-of-files frames)))
    (plug-in-hyperfocal-stack #:run-mode RUN-NONINTERACTIVE #:image image
                              #:drawables (vector (car (hyperfocal-layers image))))
    (let ((results (hyperfocal-results image))
          (top (hyperfocal-top image)))
      (gimp-xcf-save RUN-NONINTERACTIVE image xcf)
      (file-png-export #:run-mode RUN-NONINTERACTIVE #:image top #:file png
                       #:include-color-profile TRUE)
      ; a thumbnail would be one page more
      (file-tiff-export #:run-mode RUN-NONINTERACTIVE #:image results #:file tiff
                        #:include-color-profile TRUE #:include-thumbnail FALSE)
      (gimp-image-delete top)
      (gimp-image-delete results)
      (gimp-image-delete image))))
