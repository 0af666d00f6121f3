-- The page Usage counts the previews of a period; Products and Blanks read which product is printed on which blank.
CREATE INDEX ix_generations_shop_id_created_at ON generations (shop_id, created_at);
CREATE INDEX ix_product_product_bases_shop_id_product_base_id ON product_product_bases (shop_id, product_base_id);
CREATE INDEX ix_product_product_bases_shop_id_product_id ON product_product_bases (shop_id, product_id);
DROP INDEX ix_product_product_bases_shop_id;
