/** Every honest way to compute every operation of the table that the field writes. */

import type { Forms } from '../judging/forms.ts';
import { activationForms } from './activations/forms.ts';
import { convolutionForms } from './convolution/forms.ts';
import { networkForms } from './convolutionalNetwork/forms.ts';
import { denseForms } from './dense/forms.ts';
import { descentForms } from './descent/forms.ts';
import { dropoutForms } from './dropout/forms.ts';
import { ensembleForms } from './ensemble/forms.ts';
import { linearForms } from './linear/forms.ts';
import { lossForms } from './losses/forms.ts';
import { maximumMarginForms } from './maximumMargin/forms.ts';
import { mlpForms } from './mlp/forms.ts';
import { poolingForms } from './pooling/forms.ts';
import { regressionForms } from './regression/forms.ts';
import { softmaxForms } from './softmax/forms.ts';
import { validationForms } from './validation/forms.ts';

export const forms: Forms = {
  ...activationForms,
  ...softmaxForms,
  ...denseForms,
  ...lossForms,
  ...convolutionForms,
  ...poolingForms,
  ...networkForms,
  ...mlpForms,
  ...linearForms,
  ...maximumMarginForms,
  ...regressionForms,
  ...dropoutForms,
  ...validationForms,
  ...ensembleForms,
  ...descentForms,
};
