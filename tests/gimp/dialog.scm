; SPDX-License-Identifier: GPL-3.0-or-later
; The plug-in with its dialog, on an image in a window; dialog.sh presses the keys. After the run,
; which is one undo step, dialog.sh undoes once and says so by the file `undone`.

(define image (image-of-files frames))
(define before (layers-of image))
(gimp-image-clean-all image)
(gimp-display-new image)
(run-stack-in-mode RUN-INTERACTIVE image '())
(check-equal "the dialog's run adds two layers" (length (layers-of image)) (+ 2 (length before)))
(check-equal "names" (names-of (list (car (layers-of image)) (cadr (layers-of image))))
             '("Focus stack" "Aligned frames"))
(gimp-displays-flush)
(let ((waiting (open-output-file (in-folder "ran"))))
  (display "ran" waiting)
  (close-port waiting))
(let wait ((turn 0))
  (if (and (not (file-exists? (in-folder "undone"))) (< turn 600))
      (begin (usleep 100000) (wait (+ turn 1)))))
(check-equal "one undo takes all of it back" (layers-of image) before)

; The dialog has kept the values; a run without dialog takes them.
(run-stack-in-mode RUN-WITH-LAST-VALS image '())
(check-equal "with the last values" (length (layers-of image)) (+ 2 (length before)))
(end-of-checks)
