"""The use cases that are measured, one module for each part of the app.

A use case that is added anywhere in the app gets an entry here: tests/test_scale.py fails for a route, a sweep, a job
kind or a webhook topic that none of these runs.
"""

from __future__ import annotations

from bench.scale.use_cases import admin, jobs, operators, privacy, storefront, sweeps, webhooks
from bench.scale.use_cases.model import UseCase

USE_CASES: tuple[UseCase, ...] = (
    *storefront.USE_CASES,
    *webhooks.USE_CASES,
    *jobs.USE_CASES,
    *admin.USE_CASES,
    *privacy.USE_CASES,
    *operators.USE_CASES,
    *sweeps.USE_CASES,
)

UNMEASURED_ROUTES = {
    "home.bounce": "reads no database",
    "http.static_files.page_file": "reads no database",
    "http.media.upload": "reads no database",
    "http.media.download": "reads no database",
    "oauth.begin": "happens once for each installation, and reads one row of small tables",
    "oauth.finish": "happens once for each installation, and is the installation of a visit",
    "personalization.admin.open_picture": "an upload ticket, like the storefront's",
    "personalization.admin.propose_picture": "a preview request, like the storefront's",
    "personalization.admin.approve_picture": "reads a line by its id, like the retry of a line",
    "personalization.print_archives.cancel": "changes a table with one row for each shop",
    "personalization.admin.read_again": "reads a delivery by its id, and queues its job",
    "personalization.products.choose": "a merchant enables one product, found by its id",
    "personalization.products.product": "reads one product by its id",
    "personalization.products.refresh": "changes one product by its id",
    "personalization.products.use_blank": "changes one product by its id",
    "personalization.products.leave_blank": "changes one product by its id",
    "personalization.products.save_sizes": "changes one product by its id",
    "personalization.products.offer_style": "changes one product by its id",
    "personalization.products.move_style": "changes one product by its id",
    "personalization.blanks.take": "changes a table with a handful of rows for each shop",
    "personalization.blanks.activate": "changes a table with a handful of rows for each shop",
    "personalization.styles.take": "changes a table with a handful of rows for each shop",
    "personalization.styles.activate": "changes a table with a handful of rows for each shop",
    "personalization.styles.move": "changes a table with a handful of rows for each shop",
    "personalization.styles.archive": "changes a table with a handful of rows for each shop",
    "personalization.styles.example": "reads no database",
    "personalization.watermark.save": "changes a table with one row for each shop",
    "personalization.watermark.sample": "reads a table with one row for each shop",
    "personalization.blank_editor.create": "reads or changes one blank or style by its id",
    "personalization.blank_editor.new_blank": "reads or changes one blank or style by its id",
    "personalization.blank_editor.blank": "reads or changes one blank or style by its id",
    "personalization.blank_editor.save": "reads or changes one blank or style by its id",
    "personalization.blank_editor.add_size": "reads or changes one blank or style by its id",
    "personalization.blank_editor.save_size": "reads or changes one blank or style by its id",
    "personalization.style_editor.create": "reads or changes one blank or style by its id",
    "personalization.style_editor.new_style": "reads or changes one blank or style by its id",
    "personalization.style_editor.style": "reads or changes one blank or style by its id",
    "personalization.style_editor.save": "reads or changes one blank or style by its id",
    "personalization.style_editor.copy": "reads or changes one blank or style by its id",
    "personalization.style_editor.open_example": "reads or changes one blank or style by its id",
    "personalization.style_editor.set_example": "reads or changes one blank or style by its id",
    "render_workers.extend": "one update by a job's id",
    "render_workers.ticket": "reads a job by its id",
    "render_workers.finish": "finishes a leased job, which is measured without the request around it",
    "render_workers.fail": "ends a leased job, which is measured without the request around it",
    "render_workers.release": "one update by a job's id",
    "render_workers.lease": "leases a job, which is measured without the request around it",
}
"""Routes without a use case, and why."""

UNMEASURED_KINDS = {
    "shops.uninstall": "happens once for each shop",
    "shops.rescope": "happens when a merchant changes what the app may do",
    "shops.keep_token": "refreshes one token by its key",
    "catalog.delete_product": "one update by a product's Shopify id, like that of an updated product",
    "personalization.reread_order": "records an order like the job of an order's webhook",
    "privacy.take_request": "queues a request, which is measured from the merchant's page on",
}
"""Kinds of job without a use case, and why."""
