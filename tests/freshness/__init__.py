"""How much of a full retrain's gain the site's own fine-tuning recovers, by true time.

``make freshness DATA=…`` measures it. The protocol:

**People.** All data sets with true times are pooled; a person found in several keeps the longest
history. One in twenty, by a stable hash, only says when a training stops and is never asked.

**Time.** Each window is a calendar year that begins at a cut-off T, cut into steps of equal months.
The points of refreshing are the ends of all steps but the last. In the first step there is nothing
to refresh with, so nobody is asked there: the three would be one model.

**Three models** answer in each later step, which begins at the point P:

- *frozen*: trained on all ratings before T;
- *fine-tuned*: a site on a real Postgres is set up at T with all ratings and tags before T as an
  imported data set and the frozen model in service. Whoever rates after T is a member who brings
  their earlier ratings along, through the bulk path of imports; their imported copy stays among
  those to replay, for nothing at T tells who will return. At P all their ratings before P are in,
  and `run_finetuning`, the job of the site with its settings, runs once: it starts from the
  last full training each time, so running it more often changes nothing at P. What is then in
  service answers, also where the guardrail has rejected the newest. A film joins the catalogue with
  its title, year and genres at the first point after somebody rated it;
- *retrained*: trained anew, with the same config, on all ratings before P.

**Questions.** Of everyone who rates in a step, from their sixth film on, up to twenty films spread
evenly over what they watched in it: which film is next, given all their films before it? Those
before P and those since alike, for a frozen model reads a history that grows, too. No model
was trained on a rating of P or later. The full catalogue of each model is ranked, films seen are
left out, ties rank worst, and a film that a model does not know counts as a miss.

**Figures.** NDCG@10 and Hit@10, the mean of each person's questions first, then of people: a person
asked in several windows counts once. The share recovered is (fine-tuned − frozen) / (retrained −
frozen) of these means, with its paired 95 % bootstrap interval over people. It is claimed only
where the interval of the retrain's gain lies above 0. Fine-tuning replays old ratings, so it also
trains the frozen model some more: where the config trains too little, part of the gain, and a share
above 1, is that and no freshness.

**Old users** must not pay for it: the change of NDCG@10 from frozen to fine-tuned, relative to
frozen, of (a) the people asked above who were trained on, and (b) a sample of people whose
histories ended before T, asked for their last five films by the models at the last point. The
frozen model was trained on those very films, so (b) counts what it forgets of them as a loss.
"""
