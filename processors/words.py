"""The words of the lexicon, as data: kind of speech → strength → language → phrases.

Phrases are written in plain, lower or upper case, separated by commas; accents, blanks, hyphens and apostrophes make no
difference, and neither do the letters that readers mix up (0/O, 1/l/I, 5/S). Two signs say where a phrase counts:

- `stem*`: whatever the word goes on with (`rabatt*` is Rabatt, rabatter, Rabattaktion);
- `=phrase`: only where it is the whole line (`=sale` is the badge, not "sale" on an Italian pack of salt).

Chinese, Japanese, Korean and Thai phrases count anywhere in a line, for these scripts are written without blanks (or,
in Korean, with endings joined to the word).

"strong" is what seldom stands on products themselves; "weak" is what packs, covers and garments say as well. A word of
one brand, one campaign or one picture doesn't belong here.
"""

from typing import Final, Literal

#: What an entry speaks for. All but `label_print`, `measure` and `marketplace` speak for an overlay.
Kind = Literal[
    "camera_stamp",
    "date_stamp",
    "promo",
    "price",
    "percent",
    "shipping",
    "call_to_action",
    "launch",
    "url",
    "phone",
    "email",
    "marketplace",
    "copyright",
    "serial",
    "measure",
    "label_print",
]
Strength = Literal["strong", "weak"]

WORDS: Final[dict[Kind, dict[Strength, dict[str, str]]]] = {
    "promo": {
        "strong": {
            "en": """
                =sale, =big sale, =on sale, =sale sale, =the sale, sale on, sale is, sale now, sale ends, sale starts,
                sale up to, flash sale, mega sale, big sale, hot sale, super sale, summer sale, winter sale,
                spring sale, autumn sale, final sale, clearance sale, end of season sale, year end sale,
                mid season sale, festive sale, holiday sale, fashion sale, christmas sale, new year sale,
                warehouse sale, garage sale, pre sale, now on sale, sale price, clearance, black friday, cyber monday,
                cyber week, singles day, prime day, boxing day, flash deal*, hot deal*, mega deal*, deal of the day,
                deals of the day, today s deal*, big deals, top deals, lightning deal*, daily deal*, weekly deal*,
                discount*, coupon*, promo code*, voucher*, cash back*, special offer*, bank offer*,
                limited time offer*, limited offer*, offer ends, offer valid, exclusive offer*, introductory offer*,
                launch offer*, combo offer*, bundle offer*, festive offer*, big offer*, bigger offer*, best price*,
                lowest price*, low price*, price drop, price cut, special price, offer price, introductory price,
                everyday low, hurry up, while stocks last, while supplies last, today only, last chance, ends soon,
                ends tonight, limited stock, few left, only few left, selling fast, wholesale price, factory price,
                factory outlet, no cost emi, emi from, emi starting, easy emi, instant off, buy one get one, bogo,
                free gift*, closing down, stock clearance, liquidation, grand opening, price match*, incl all offers,
                terms apply, t c apply, conditions apply, exchange bonus, exchange offer*
            """,
            "es": """
                ofertas, oferta especial, super oferta, mega oferta, gran oferta, oferta limitada, oferta del dia,
                en oferta, =oferta, rebaja*, descuento*, promocion*, liquidacion*, precio especial, mejor precio,
                precios bajos, precio de oferta, por tiempo limitado, tiempo limitado, ultimos dias, ultimas unidades,
                hasta agotar existencias, solo hoy, solo por hoy, cupon*, meses sin intereses, sin intereses,
                buen fin, hot sale, imperdible*, aprovecha*, envios a todo
            """,
            "pt": """
                promocao, promocoes, desconto*, descontos, liquidacao, liquida, queima de estoque, oferta do dia,
                super oferta, so hoje, somente hoje, apenas hoje, ultimos dias, ultimas unidades, cupom, cupons,
                imperdivel, imperdiveis, aproveite, preco baixo, precos baixos, melhor preco, menor preco, sem juros,
                por tempo limitado, saldao, saldos
            """,
            "de": """
                =angebot, angebote, sonderangebot*, tagesangebot*, angebot des tages, rabatt*, schlussverkauf,
                sommerschlussverkauf, winterschlussverkauf, ausverkauf*, raumungsverkauf, nur heute,
                nur fur kurze zeit, solange der vorrat reicht, solange vorrat reicht, aktionspreis*, sonderpreis*,
                tiefpreis*, bestpreis*, gutschein*, rabattcode, preisknaller, schnappchen*, jetzt sparen,
                jetzt zugreifen, black week, letzte chance, reduziert, preissenkung, mengenrabatt
            """,
            "fr": """
                soldes, =promo, =promos, promotion*, remise*, offre speciale, offres speciales, offre limitee,
                offre du jour, offre exceptionnelle, vente flash, ventes flash, vente privee, ventes privees,
                prix choc, prix casse*, meilleur prix, petits prix, prix reduit*, code promo, bon plan, bons plans,
                reduction*, destockage, liquidation, derniers jours, derniere chance, duree limitee,
                aujourd hui seulement, jusqu a epuisement, meilleure vente, sans frais, payez en 3 fois,
                payez en 4 fois, demarque
            """,
            "it": """
                saldi, =sconto, sconto, sconti, scontato, scontata, scontati, offerta speciale, offerte speciali,
                super offerta, in offerta, offerta limitata, promozione*, svendita*, liquidazione, prezzo speciale,
                prezzi bassi, miglior prezzo, solo oggi, ultimi giorni, ultimi pezzi, tempo limitato, buono sconto,
                codice sconto, affare, affari d oro
            """,
            "nl": """
                korting*, uitverkoop, aanbieding*, actieprijs, opruiming, alleen vandaag, laatste kans, kortingscode,
                op is op
            """,
            "sv": """
                kampanjkod*, rabattkod*, slutrea, sommarrea, mellandagsrea, utforsaljning, =rea, bara idag,
                endast idag, sista chansen, erbjudande*, superpris, klipp, fynda
            """,
            "pl": """
                promocja*, promocje, promocji, wyprzedaz*, przecena*, rabat*, znizka, znizki, znizek, obnizka*,
                okazja, okazje, super cena, najnizsza cena, najlepsza cena, kod rabatowy, tylko dzis, tylko dzisiaj,
                ostatnia szansa, ostatnie sztuki, oferta specjalna, oferta limitowana, do wyczerpania zapasow
            """,
            "tr": """
                indirim*, kampanya*, firsat*, =promosyon, ozel fiyat, en ucuz, en iyi fiyat, sinirli sure,
                sadece bugun, son gun*, son firsat*, kupon*, stoklarla sinirli, taksit*, sepette, outlet indirim*
            """,
            "vi": """
                giam gia*, giam den, khuyen mai*, khuyn mai*, sieu re, sieu sale, sieu giam, thuong hieu, uu dai*,
                xa hang, dong gia, gia soc, gia re, gia tot, gia si, deal soc, san sale, ma giam, hoan tien, tra gop,
                chi hom nay, so luong co han, thanh ly, flash sale, qua tang, tang kem, mua 1 tang 1
            """,
            "id": """
                diskon*, promo spesial, promo hari ini, promo gajian, harga spesial, harga promo, cuci gudang, obral*,
                termurah, harga coret, potongan harga, beli 1 gratis 1, hari ini saja, stok terbatas, cicilan 0
            """,
            "ru": """
                скидк*, скидок, распродаж*, =акция, акции, акция до, спецпредложени*, спеццена, спецпредлож*, выгодн*,
                выгода, промокод*, только сегодня, только до, последний шанс, лучшая цена, лучшие цены, низкие цены,
                низкая цена, суперцена, супер цена, цена снижена, чёрная пятница, ликвидаци*, купон*, кэшбэк,
                рассрочк*, успей купить, количество ограничено, два по цене одного, подарок при покупке
            """,
            "hi": """
                छूट, भारी छूट, डिस्काउंट, सेल, महासेल, महा सेल, ऑफर, ऑफ़र, ऑफर्स, धमाका, धमाल, सबसे कम कीमत, विशेष मूल्य,
                सीमित समय, सीमित स्टॉक, कूपन, कैशबैक, केवल आज, सिर्फ आज, मेला, बंपर
            """,
            "ar": """
                خصم, خصومات, تخفيض, تخفيضات, عرض خاص, عروض, عروض خاصة, تنزيلات, تصفية, اقوى العروض, افضل سعر,
                افضل الاسعار, سعر خاص, لفترة محدودة, كوبون, كود خصم, اليوم فقط, الكمية محدودة, الجمعة البيضاء, وفر,
                هدية مجانية, تقسيط, بدون فوائد, اسعار مخفضة
            """,
            "th": """
                ลดราคา, ส่วนลด, โปรโมชั่น, โปรโมชัน, โปรพิเศษ, ราคาพิเศษ, ลดสูงสุด, ลดแรง, ลดกระหน่ำ, เซลล์, เคลียร์สต็อก, ล้างสต็อก,
                คูปอง, โค้ดส่วนลด, แถมฟรี, วันนี้เท่านั้น, จำนวนจำกัด, เวลาจำกัด, ดีลเด็ด, ผ่อน 0, ถูกที่สุด, แฟลชเซล, ซื้อ 1 แถม 1
            """,
            "zh": """
                特价, 特價, 促销, 促銷, 优惠, 優惠, 折扣, 打折, 降价, 降價, 秒杀, 秒殺, 抢购, 搶購, 抢先购, 提前购,
                开门红, 限时, 限時, 仅限, 僅限, 限量, 清仓, 清倉, 甩卖, 甩賣, 立减, 立減, 买一送, 買一送, 返差, 赠送,
                贈送, 赠品, 贈品, 现金券, 領券, 领券, 领卷, 優惠券, 优惠卷, 折价券, 折價券, 爆款, 热卖, 熱賣, 热销,
                熱銷, 厂家直销, 廠家直銷, 唯一授权, 起订, 起訂, 批发, 批發, 双11, 雙11, 双十一, 雙十一, 618大促,
                年中大促, 双12, 聚划算, 百亿补贴, 拼团, 团购, 第二件半价, 第二件, 半价, 半價, 直降, 满减, 滿減, 全场,
                全場, 跳楼价, 骨折价, 亏本, 一折起, 特惠, 钜惠, 巨惠, 大促, 年货节, 女王节, 今日活动, 活动价, 免费领,
                巨额, 新品上市, 薄利多销, 一件代发, 买贵, 加赠, 返现, 免息, 分期, 换新
            """,
            "ja": """
                セール, 特価, 割引, 値引, 半額, 大特価, 激安, 格安, お買い得, お買得, 期間限定, 数量限定, 本日限り,
                本日限定, 在庫限り, 在庫処分, タイムセール, ポイント還元, ポイント10倍, クーポン, キャンペーン,
                特別価格, 最安値, バーゲン, 福袋, 売り切り, 早い者勝ち, ブラックフライデー, 訳あり, 限定価格,
                大売出し, 送料込, 今だけ, プレゼント中, 楽天1位, ランキング1位, ランキング受賞
            """,
            "ko": """
                할인, 세일, 특가, 쿠폰, 최저가, 초특가, 한정수량, 한정판매, 기간한정, 오늘만, 단하루, 이벤트, 증정,
                사은품, 적립, 무이자, 반값, 떨이, 타임딜, 핫딜, 역대급, 파격, 프로모션, 블랙프라이데이, 공동구매,
                마감임박, 품절임박, 덤
            """,
        },
        "weak": {
            "en": """
                sale, best seller*, bestseller*, best selling, top selling, limited edition, new arrival*, offer*,
                deal, deals, save, super saver, half price, new, trending, exclusive, hot, value pack, combo,
                combo pack, bonus, bonus pack, extra free, free, =top, =best, =no 1, best deal*, credit card*,
                debit card*, great value, price*, mrp, loot, mela, refurbished, =new in, back in stock, top rated,
                most loved, award winning, gift
            """,
            "es": """
                oferta, nuevo, nueva, gratis, ahorra, ahorro, mas vendido*, exclusivo, regalo, novedad*,
                edicion limitada, precio*
            """,
            "pt": """
                oferta*, novo, nova, gratis, economize, mais vendido*, exclusivo, brinde, novidade*, lancamento,
                leve 3, edicao limitada, preco*, parcelado
            """,
            "de": """
                angebot, neu, gratis, aktion, aktions*, sparen, bestseller, neuheit*, nur, exklusiv, geschenk, preis*,
                limitiert, limitierte, sparpack, vorteilspack*, jetzt neu
            """,
            "fr": """
                promo, promos, offre*, nouveau, nouvelle, gratuit*, nouveaute*, exclusif, exclusivite, cadeau,
                offert*, prix, lot de, edition limitee, economisez, maxi format, format familial
            """,
            "it": """
                offerta, offerte, nuovo, nuova, novita, gratis, omaggio, esclusivo, risparmi*, prezzo, prezzi, promo,
                convenienza, edizione limitata
            """,
            "nl": "aanbieding, nieuw, gratis, voordeel*, prijs, actie",
            "sv": """
                kampanj*, rea, nyhet*, nya, ny, extrapris, veckans pris, pris, gratis, prissankt, sankt pris,
                jattebra pris, klubbpris, medlemspris, lagt pris, stammis*, rabatt*, billig*
            """,
            "pl": "oferta, nowosc*, nowy, nowa, gratis, hit, cena, bestseller*, taniej",
            "tr": "yeni, ucretsiz, bedava, hediye*, cok satan*, ozel, fiyat*, ekonomik paket, avantaj*",
            "vi": "mien phi, min phi, ban chay, chinh hang, cao cap, giam, voucher, freeship",
            "id": "promo, baru, gratis, terlaris, murah, hemat, harga, ready stock",
            "ru": """
                акция, новинк*, бесплатно, подарок, хит, хит продаж, цена, цены, новый, новая, эконом*, распродано
            """,
            "hi": "नया, नई, मुफ्त, मुफ़्त, फ्री, बचत, सबसे ज्यादा बिकने वाला, कीमत, मूल्य, केवल, सिर्फ",
            "ar": "جديد, مجانا, مجاني, هدية, عرض, الاكثر مبيعا, سعر, حصري, اصلي",
            "th": "ใหม่, ฟรี, ขายดี, ของแถม, ราคา, สุดคุ้ม, พิเศษ, ของแท้, โปร, ลด",
            "zh": """
                正品, 官方, 旗舰店, 旗艦店, 咨询, 新品, 新款, 上新, 赠, 券, 免费, 免費, 热门, 推荐, 推薦, 爆, 人气,
                销量, 现货, 現貨, 必备, 网红, 同款, 专柜, 升级, 升級, 价格, 零售价, 原价, 原價, 抢, 惠
            """,
            "ja": """
                新品, 新発売, 限定, お得, 無料, 人気, おすすめ, 大人気, 価格, 正規品, 公式, 徳用, 増量, 新商品, 今なら
            """,
            "ko": "신상, 신제품, 무료, 인기, 베스트, 추천, 가격, 정품, 공식, 한정, 선물, 기획, 특별",
        },
    },
    "call_to_action": {
        "strong": {
            "en": """
                buy now, buy it now, buy today, buy here, shop now, shop today, shop here, shop online,
                shop the collection, shop the look, shop all, shop more, shop the sale, order now, order today,
                order online, order here, book now, book today, pre order*, call now, call us, call today,
                call to order, explore now, explore more, explore flights, explore the collection, explore all,
                explore collection, discover more, discover now, discover our, subscribe, subscribe now, sign up,
                sign up now, register now, learn more, read more, see more, view more, view all, know more,
                find out more, see collection, see the collection, see details, view details, view collection,
                swipe up, swipe left, swipe for more, tap to shop, click here, click to buy, click the link,
                link in bio, add to cart, add to bag, add to basket, get it now, get yours, get yours now,
                get started, grab it now, grab yours, grab now, try now, try it now, try it free, contact us,
                dm to order, dm for price, dm for order, dm us, message us, inbox us, inbox to order, follow us,
                like and share, visit us, visit our, visit our store, visit our website, download now,
                download the app, download our app, scan to buy, scan to order, scan to pay, scan me, scan here,
                scan the code, scan qr, join now, join us, enquire now, inquire now, request a quote, get a quote,
                check it out, check out our, available on, available at, also available, choose your, pick yours,
                shop by, more colors, more colours, more info*, see description, see photos, zoom in
            """,
            "es": """
                compra ya, compra ahora, comprar ahora, compre ahora, compre ya, comprar, pide ya, pide ahora,
                pide el tuyo, ordena ahora, haz tu pedido, reserva ya, reserva ahora, ver mas, saber mas, leer mas,
                mas informacion, descubre mas, descubre, explora, suscribete, registrate, contactanos, siguenos,
                visitanos, llama ya, llamanos, anadir al carrito, agregar al carrito, haz clic, escribenos, consulta,
                conoce mas, conocelo
            """,
            "pt": """
                compre ja, compre agora, comprar agora, comprar, peca ja, peca agora, faca seu pedido, encomende,
                encomende ja, reserve ja, saiba mais, ver mais, veja mais, leia mais, descubra, confira, inscreva se,
                cadastre se, assine ja, fale conosco, siga nos, ligue ja, clique aqui, adicionar ao carrinho,
                garanta o seu, garanta ja, chame no whats*, arraste para cima
            """,
            "de": """
                jetzt kaufen, jetzt bestellen, jetzt entdecken, jetzt shoppen, jetzt sichern, jetzt buchen,
                jetzt anmelden, jetzt registrieren, jetzt testen, jetzt vorbestellen, hier bestellen, hier klicken,
                mehr erfahren, mehr entdecken, mehr infos, mehr info, mehr anzeigen, weiterlesen, in den warenkorb,
                zum shop, zum angebot, zum produkt, vorbestellen, abonnieren, kontaktieren sie uns, besuchen sie uns,
                folgen sie uns, folge uns, entdecken sie, kaufen sie, bestellen sie
            """,
            "fr": """
                acheter, achetez, acheter maintenant, achetez maintenant, commander, commandez, commandez maintenant,
                commander maintenant, en savoir plus, voir plus, decouvrir, decouvrez, j en profite, profitez en,
                profitez, reservez, reservez maintenant, precommande*, s abonner, abonnez vous, inscrivez vous,
                contactez nous, suivez nous, appelez nous, ajouter au panier, cliquez ici, lire la suite,
                visitez notre, j achete, je commande
            """,
            "it": """
                acquista ora, acquista, compra ora, ordina ora, ordina subito, prenota ora, scopri di piu, scopri ora,
                scopri, scopri la collezione, maggiori informazioni, iscriviti, abbonati, contattaci, seguici,
                visita il sito, clicca qui, aggiungi al carrello, vedi di piu, vai allo shop
            """,
            "nl": """
                koop nu, bestel nu, shop nu, bestel direct, meer informatie, lees meer, ontdek meer, ontdek nu,
                schrijf je in
            """,
            "sv": """
                kop nu, handla nu, bestall nu, bestall idag, las mer, se mer, upptack mer, upptack, boka nu,
                prenumerera, folj oss, kontakta oss, klicka har, lagg i varukorgen, shoppa nu
            """,
            "pl": """
                kup teraz, zamow teraz, zamow juz, zamow online, kup online, dowiedz sie wiecej, sprawdz,
                zobacz wiecej, czytaj wiecej, odkryj, subskrybuj, zarejestruj sie, zapisz sie, skontaktuj sie,
                dodaj do koszyka, kliknij tutaj, zadzwon
            """,
            "tr": """
                hemen al, simdi al, satin al, siparis ver*, hemen siparis, sepete ekle, daha fazla, daha fazla bilgi,
                kesfet, hemen kesfet, incele, hemen incele, abone ol, kayit ol, uye ol, takip et, bizi takip*,
                iletisime gec, bizi arayin, tiklayin, alisverise basla, dm den
            """,
            "vi": """
                mua ngay, dat hang ngay, dat hang, dat ngay, xem ngay, xem them, tim hieu them, kham pha ngay,
                kham pha, dang ky ngay, dang ky, lien he ngay, lien he, them vao gio, goi ngay, nhan ngay, inbox ngay
            """,
            "id": """
                beli sekarang, pesan sekarang, belanja sekarang, order sekarang, checkout sekarang, klik di sini,
                klik disini, selengkapnya, pelajari lebih lanjut, lihat selengkapnya, hubungi kami, daftar sekarang,
                masukkan keranjang
            """,
            "ru": """
                купить, купи сейчас, купить сейчас, заказать, закажи*, заказывай*, подробнее, узнать больше,
                узнать подробнее, смотреть все, смотреть, в корзину, добавить в корзину, подпишись, подписывайтесь,
                подписаться, звоните, позвоните, переходи*, листай*, смотри на фото, оформить заказ, предзаказ, успей,
                забронировать, зарегистрир*
            """,
            "hi": """
                अभी खरीदें, अभी ख़रीदें, खरीदें, ऑर्डर करें, अभी ऑर्डर करें, बुक करें, अभी बुक करें, और जानें, अधिक जानें, और देखें,
                सब्सक्राइब करें, संपर्क करें, कॉल करें, यहाँ क्लिक करें
            """,
            "ar": """
                اشتر الان, اشتري الان, تسوق الان, تسوقي الان, اطلب الان, اطلبي الان, اطلبه الان, اطلبها الان,
                احجز الان, اعرف المزيد, اكتشف المزيد, اكتشف, اكتشفي, المزيد, اشترك, اشترك الان, سجل الان, تواصل معنا,
                اتصل بنا, اتصل الان, تابعنا, اضف الى السلة, اضغط هنا, للطلب, للتواصل
            """,
            "th": """
                ซื้อเลย, สั่งซื้อ, สั่งเลย, ช้อปเลย, ช็อปเลย, จองเลย, ดูเพิ่มเติม, อ่านเพิ่มเติม, เรียนรู้เพิ่มเติม, คลิกเลย, คลิกที่นี่, สมัครเลย,
                สมัครสมาชิก, ติดต่อเรา, แอดไลน์, เพิ่มลงตะกร้า, ทักแชท, โทรเลย, สอบถามเพิ่มเติม
            """,
            "zh": """
                立即购买, 立即購買, 马上购买, 马上抢, 立即抢购, 立即下单, 点击购买, 點擊購買, 点击查看, 点击领取,
                立即领取, 立即预订, 立即預訂, 加入购物车, 加入購物車, 了解更多, 查看更多, 查看详情, 查看詳情,
                探索更多, 去看看, 立即订阅, 立即注册, 马上注册, 下单, 下單, 收藏或关注, 关注本店, 收藏本店, 收藏加购,
                加购, 扫码, 掃碼, 扫一扫, 長按識別, 长按识别, 联系客服, 联系我们, 聯絡我們, 私信, 预约, 点我, 戳我,
                先领卷, 先领券, 后购物, 欢迎选购
            """,
            "ja": """
                今すぐ購入, 今すぐ買う, 今すぐ注文, ご購入はこちら, ご注文はこちら, 詳しくはこちら, 詳細はこちら,
                もっと見る, もっと詳しく, 続きを読む, カートに入れる, カートに追加, 予約受付中, 今すぐ予約, 予約する,
                会員登録, 登録する, お問い合わせ, お申し込み, フォローして, クリック, 購入する, チェックする,
                見てみる, こちらから
            """,
            "ko": """
                지금 구매, 지금구매, 구매하기, 바로구매, 주문하기, 지금 주문, 예약하기, 사전예약, 자세히 보기,
                자세히보기, 더 알아보기, 더보기, 더 보기, 장바구니, 구독, 회원가입, 가입하기, 문의하기, 문의하세요,
                클릭, 알아보기, 보러가기, 쇼핑하기, 팔로우
            """,
        },
        "weak": {
            "en": """
                =explore, =discover, =shop, =order, =subscribe, =more, =follow, try it, =book, =next, =start, choose,
                discover, explore, introducing, meet the, experience the, elevate your, upgrade your
            """,
            "es": "=ver, ordena, explorar, presentamos, elige",
            "pt": "=ver, explore, conheca, escolha, apresentamos",
            "de": "entdecken, entdecke, bestellen, kaufen, =mehr, erleben sie",
            "fr": "=voir, =explorer, choisissez, profiter",
            "it": "esplora, scegli, ordina",
            "sv": "=kop, handla, bestall, valj",
            "ru": "заказ, выбирай*, =купи",
            "zh": "购买, 購買, 咨询, 选购, 探索, 关注, 收藏",
            "ja": "ご注文, ご購入, 予約, 登録, 購入",
            "ko": "구매, 주문, 예약, 문의",
        },
    },
    "launch": {
        "strong": {
            "en": """
                launching on, launching soon, launch on, launches on, launch date, launching, now live, live now,
                is live, is now live, are live, are now live, is here, are here, coming soon, now available,
                available now, available soon, available from, notify me, arriving soon, just landed, just launched,
                just dropped, new drop, drops on, dropping soon, first sale on, pre booking, pre bookings,
                bookings open, stay tuned, starts on, starts from, starts at, ends on, save the date, only on,
                exclusively on, exclusively at
            """,
            "es": """
                muy pronto, proximamente, ya disponible, disponible ahora, ya esta aqui, lanzamiento, ya llego,
                nuevos ingresos
            """,
            "pt": "em breve, ja disponivel, disponivel agora, lancamento, chegou, acabou de chegar, ja chegou",
            "de": """
                demnachst, bald erhaltlich, jetzt erhaltlich, ab sofort, jetzt verfugbar, bald verfugbar, kommt bald,
                frisch eingetroffen
            """,
            "fr": """
                bientot disponible, bientot, disponible maintenant, des maintenant, arrive bientot, vient d arriver,
                lancement
            """,
            "it": "prossimamente, in arrivo, ora disponibile, gia disponibile, disponibile ora, disponibile da",
            "nl": "binnenkort, nu verkrijgbaar, nu beschikbaar",
            "sv": "kommer snart, snart har, ute nu, finns nu, lanseras",
            "pl": "wkrotce, juz dostepne, juz dostepny, juz w sprzedazy, juz wkrotce, premiera",
            "tr": "cok yakinda, yakinda, simdi satista, satista, su an yayinda, stoklarda",
            "vi": "sap ra mat, ra mat, sap co mat, da co mat, mo ban, sap mo ban",
            "id": "segera hadir, telah hadir, sudah tersedia, tersedia sekarang, hadir kembali",
            "ru": """
                скоро в продаже, уже в продаже, в продаже с, скоро, уже доступно, старт продаж, премьера, уже здесь,
                снова в наличии
            """,
            "hi": "जल्द आ रहा है, जल्द ही, अब उपलब्ध, आ गया, आ गई, लॉन्च, लॉन्चिंग",
            "ar": "قريبا, متوفر الان, متوفرة الان, متاح الان, وصل حديثا, الان في الاسواق, اطلاق",
            "th": "เร็วๆนี้, เร็ว ๆ นี้, พร้อมส่ง, วางจำหน่ายแล้ว, เปิดตัว, มาแล้ว, พร้อมจำหน่าย, สินค้าเข้าใหม่",
            "zh": """
                即将上市, 即將上市, 即将开售, 敬请期待, 敬請期待, 现已上市, 現已上市, 正式开售, 新品上市, 新品首发,
                全新上市, 首发, 首發, 火热预售, 预售, 預售, 开售
            """,
            "ja": "近日発売, 近日公開, 好評発売中, 発売中, 販売開始, 発売開始, 予約開始, まもなく, 新登場, 本日発売",
            "ko": """
                출시 예정, 출시예정, 곧 출시, 출시 기념, 출시기념, 신규 출시, 오픈예정, 오픈 예정, 판매중, 판매 중,
                커밍순, 출시
            """,
        },
        "weak": {},
    },
    "shipping": {
        "strong": {
            "en": """
                free shipping, free delivery, free returns, free return, easy returns, easy return, fast shipping,
                fast delivery, free express shipping, express delivery, same day delivery, next day delivery,
                home delivery, doorstep delivery, worldwide shipping, ships worldwide, free ship*, ships today,
                ships free, ships from, cash on delivery, cod available, money back guarantee, money back,
                return policy, day return*, days return*, days replacement, day replacement, in stock, ready to ship,
                delivery in, delivered in, free installation, delivery available, pan india*, official store,
                authorized dealer, authorised dealer, authorized seller, authorised seller, secure payment,
                gst invoice, free postage, uk seller, us seller, fast dispatch, same day dispatch
            """,
            "es": """
                envio gratis, envios gratis, envio gratuito, envio rapido, envios rapidos, envio express,
                entrega rapida, entrega gratis, devolucion gratis, devoluciones gratis, pago contra entrega,
                contra reembolso, envios a todo el pais, envio en 24h, llega manana, tienda oficial, stock disponible,
                entrega inmediata
            """,
            "pt": """
                frete gratis, envio gratis, envio imediato, entrega rapida, entrega gratis, entrega imediata,
                pronta entrega, envio rapido, envio em 24h, devolucao gratis, frete fixo, loja oficial,
                enviamos para todo, em estoque, portes gratis
            """,
            "de": """
                versandkostenfrei*, gratisversand, gratis versand, kostenloser versand, kostenlose lieferung,
                kostenfreie lieferung, kostenlose ruckgabe, kostenloser ruckversand, schneller versand,
                schnelle lieferung, blitzversand, versand aus deutschland, sofort lieferbar, lieferung frei haus,
                kauf auf rechnung, geld zuruck*
            """,
            "fr": """
                livraison gratuite, livraison offerte, livraison rapide, livraison express, livraison 24h,
                retour gratuit, retours gratuits, frais de port offerts, port offert, en stock, paiement securise,
                satisfait ou rembourse, expedition rapide, expedie sous, expedition sous
            """,
            "it": """
                spedizione gratuita, spedizione gratis, spedizione rapida, spedizione veloce, consegna gratuita,
                consegna rapida, reso gratuito, resi gratuiti, pagamento alla consegna, disponibilita immediata,
                spedizione in 24*
            """,
            "nl": "gratis verzending, gratis bezorging, gratis retour*, op voorraad, morgen in huis",
            "sv": """
                fri frakt, gratis frakt, fri leverans, snabb leverans, snabba leveranser, fri retur, fria returer,
                i lager
            """,
            "pl": """
                darmowa dostawa, darmowa wysylka, bezplatna dostawa, szybka wysylka, szybka dostawa, wysylka 24h,
                darmowy zwrot, darmowe zwroty, wysylka gratis, dostawa gratis, za pobraniem
            """,
            "tr": """
                ucretsiz kargo, kargo bedava, bedava kargo, hizli kargo, hizli teslimat, ayni gun kargo, kapida odeme,
                ucretsiz iade, kolay iade, stokta
            """,
            "vi": """
                mien phi van chuyen, min phi van chuyn, min phi van chuyen, mien phi giao hang, min phi giao hang,
                freeship, free ship, giao hang nhanh, giao hang mien phi, giao hoa toc, doi tra mien phi,
                thanh toan khi nhan, hang co san
            """,
            "id": "gratis ongkir, bebas ongkir, pengiriman cepat, kirim hari ini, bayar di tempat, siap kirim",
            "ru": """
                бесплатная доставка, доставка бесплатно, быстрая доставка, доставка за, доставка по, доставка от,
                в наличии, бесплатный возврат, оплата при получении, гарантия возврата
            """,
            "hi": "मुफ्त डिलीवरी, मुफ़्त डिलीवरी, फ्री डिलीवरी, फ्री होम डिलीवरी, कैश ऑन डिलीवरी, मुफ्त शिपिंग, आसान वापसी",
            "ar": """
                توصيل مجاني, شحن مجاني, التوصيل مجاني, الشحن مجاني, شحن سريع, توصيل سريع, الدفع عند الاستلام,
                استرجاع مجاني, توصيل لجميع, ضمان استرجاع
            """,
            "th": "ส่งฟรี, จัดส่งฟรี, ส่งด่วน, ส่งไว, ส่งเร็ว, เก็บเงินปลายทาง, คืนสินค้าฟรี, ค่าส่ง, จัดส่งทั่ว",
            "zh": """
                包邮, 包郵, 免邮, 免郵, 免运, 免運, 运费险, 運費險, 顺丰, 順豐, 次日达, 次日達, 当天发货, 當天發貨,
                现货速发, 现货秒发, 极速发货, 闪电发货, 小时发货, 小時發貨, 快速发货, 七天无理由, 7天无理由, 无理由退,
                货到付款, 貨到付款, 送货上门, 坏果包赔, 假一赔, 假一罚, 售后无忧, 全国联保
            """,
            "ja": """
                送料無料, 配送無料, 即日発送, 当日発送, 翌日配送, 翌日お届け, 即納, あす楽, 返品無料, 返品可, 代引,
                メール便, 在庫あり, 全国送料
            """,
            "ko": """
                무료배송, 무료 배송, 당일발송, 당일 발송, 당일배송, 로켓배송, 새벽배송, 빠른배송, 오늘출발, 무료반품,
                무료 반품, 착불, 배송비
            """,
        },
        "weak": {
            "en": "shipping, delivery, warranty, guarantee*, returns, replacement, original product, 100% original",
            "es": "envio*, entrega, garantia, devolucion*",
            "pt": "frete, envio, entrega, garantia",
            "de": "versand, lieferung, garantie, jahre garantie",
            "fr": "livraison, garantie, retour*",
            "it": "spedizione, consegna, garanzia, reso",
            "sv": "frakt, leverans, garanti",
            "pl": "dostawa, wysylka, gwarancja, zwrot",
            "tr": "kargo, teslimat, garanti, garantili",
            "vi": "giao hang, van chuyen, bao hanh, doi tra",
            "id": "ongkir, pengiriman, garansi, cod",
            "ru": "доставка, гарантия, возврат",
            "hi": "डिलीवरी, वारंटी, गारंटी",
            "ar": "توصيل, شحن, ضمان",
            "th": "จัดส่ง, รับประกัน, ประกัน",
            "zh": "发货, 發貨, 快递, 快遞, 质保, 質保, 保修, 退换, 正品保证",
            "ja": "送料, 配送, 発送, 保証",
            "ko": "배송, 보증, 발송",
        },
    },
    "marketplace": {
        "strong": {},
        "weak": {
            "all": """
                amazon, ebay, etsy, aliexpress, alibaba, temu, shein, shopee*, lazada, flipkart, myntra, meesho,
                walmart, wish, mercado libre, mercadolibre, mercado livre, mercadolivre, magalu, americanas, allegro,
                zalando, otto, kaufland, bol com, cdiscount, fnac, rakuten*, wildberries, ozon, яндекс маркет, avito,
                olx, tokopedia, bukalapak, tiki, sendo, trendyol, hepsiburada, n11, noon, jumia, souq, coupang,
                gmarket, 11st, taobao, tmall, tiktok shop, tiktokshop, poshmark, depop, vinted, facebook marketplace,
                google shopping, instagram, facebook, tiktok, pinterest, youtube, whatsapp, telegram, line id, 天猫,
                淘宝, 京东, 拼多多, 抖音, 小红书, 快手, 楽天市場, ヤフオク, メルカリ, 쿠팡, 네이버쇼핑, 지마켓, نون,
                سوق
            """,
        },
    },
    "copyright": {
        "strong": {
            "en": """
                copyright*, all rights reserved, rights reserved, do not copy, do not use, not for reuse,
                no unauthorized use, watermark*, sample only, =sample, sample image, =draft, =preview, =proof,
                =specimen, =void, =confidential, preview only, for preview only, sample text, your text here,
                =your logo, your logo here, =logo here, image for illustration, stock photo, stock image, photo by,
                photos by, photography by, pic by, image by, photo credit, photographed by, =trial version,
                trial version, demo version, unregistered version, evaluation copy, made with trial, =demo,
                created with, edited with, made with canva, made with capcut, powered by
            """,
            "es": """
                derechos reservados, todos los derechos, =muestra, marca de agua, foto de, imagen ilustrativa,
                imagen referencial
            """,
            "pt": """
                direitos reservados, todos os direitos, =amostra, marca d agua, foto de, imagem ilustrativa,
                imagens ilustrativas, foto ilustrativa
            """,
            "de": """
                alle rechte vorbehalten, urheberrecht*, =muster, =entwurf, =vorschau, wasserzeichen, foto von,
                symbolbild, beispielbild
            """,
            "fr": """
                tous droits reserves, droits reserves, =brouillon, =apercu, =specimen, filigrane, photo de,
                photo non contractuelle
            """,
            "it": "tutti i diritti, diritti riservati, =bozza, =campione, =anteprima, filigrana, foto di",
            "sv": "alla rattigheter, vattenstampel, =utkast, =provbild, foto av",
            "pl": "wszelkie prawa, prawa zastrzezone, znak wodny, =wersja robocza, fot",
            "tr": "tum haklari, haklari saklidir, filigran, =taslak, =ornektir, temsilidir, gorsel temsili*",
            "vi": "ban quyen, =mau, anh that, anh shop tu chup, nguon anh",
            "id": "hak cipta, gambar hanya ilustrasi, =contoh, foto asli",
            "ru": "все права защищены, авторские права, =образец, =черновик, =копия, водяной знак, фото автора",
            "hi": "सर्वाधिकार सुरक्षित, कॉपीराइट, =नमूना",
            "ar": "جميع الحقوق محفوظة, حقوق الطبع, حقوق النشر, حقوق محفوظة, =عينة, =مسودة, علامة مائية, تصوير",
            "th": "สงวนลิขสิทธิ์, ลิขสิทธิ์, ลายน้ำ, ห้ามคัดลอก, ภาพประกอบ",
            "zh": """
                版权所有, 版權所有, 盗图必究, 盜圖必究, 盗版必究, 翻版必究, 侵权必究, 請勿盜圖, 请勿盗图, 禁止盗图,
                水印, 浮水印, 实物拍摄, 實物拍攝, 原创图, 图片仅供参考, 样品图, 摄影
            """,
            "ja": """
                無断転載, 転載禁止, 無断使用, 著作権, 複製禁止, 透かし, サンプル画像, 見本, 画像はイメージ,
                イメージ画像
            """,
            "ko": "무단전재, 무단복제, 무단 복제, 저작권, 워터마크, 도용금지, 무단도용, 이미지컷, 예시이미지, 견본",
            "agency": """
                shutterstock*, shutter stock, getty images*, gettyimages*, gettyimage*, istock*, istockphoto*,
                adobestock, adobe stock, by adobe, depositphotos*, deposit photos, dreamstime*, fotolia*, alamy*,
                123rf*, bigstock*, freepik*, pond5, vecteezy*, canstock*, can stock photo, stocksy*, rawpixel*,
                envato*, pngtree*, pikbest*, canva, unsplash, pexels, pixabay, eyeem, agefotostock, ingimage,
                masterfile, superstock, colourbox, panthermedia, westend61, imago images, picfair, 500px, photobucket,
                imgur, lovepik*, wavebreakmedia, pixta*, amanaimages, alamystock*, 视觉中国, 图虫, 摄图网, 千图网,
                昵图网, 包图网, 千库网, 全景网, 汇图网, 花瓣网, 我图网, 站酷海洛, 攝圖網
            """,
        },
        "weak": {
            "all": """
                sample, draft, preview, =photo, photography, photo studio, sampel, muster, specimen, prototype, =test,
                fotografie, fotografia, 样品, 樣品, サンプル, 샘플, 图库, 花瓣
            """,
        },
    },
    "label_print": {
        "strong": {
            "en": """
                ingredients*, nutrition facts, nutrition information, nutritional information, nutritional value*,
                typical values, per 100g, per 100ml, per 100 g, per 100 ml, per serving, serving size, servings per*,
                amount per serving, daily value, calories, saturated fat, saturates, trans fat, of which sugars,
                dietary fiber, dietary fibre, sodium, cholesterol, carbohydrate*, total fat, net wt, net weight,
                net contents, net vol*, net content, contains milk, may contain, allergen*, gluten free,
                allergy advice, best before*, best by, use by, use before, expiry*, expires, exp date, mfg date,
                mfd date, manufactured by, manufactured for, manufactured in, distributed by, packed by, packed on,
                marketed by, imported by, produced by, batch no, lot no, made in*, product of, produce of,
                assembled in, machine wash, wash with, wash separately, hand wash, do not bleach, do not iron,
                tumble dry, dry clean*, wash cold, wash dark, line dry, cool iron, keep away from fire, isbn, issn,
                patent*, pat pend*, patents pending, serial no, model no, art no, item no, keep refrigerated,
                keep out of reach, store in a cool*, shake well, shake before*, choking hazard,
                not suitable for children, for external use*, read instructions, directions for use, suggested use,
                drug facts, active ingredient*, consult a doctor, dermatologically tested, recyclable, please recycle,
                contains caffeine, drink responsibly, government warning, contents under pressure, flammable, uk ca,
                fcc id, complies with
            """,
            "es": """
                ingredientes, informacion nutricional, valor energetico, valores medios, por porcion, grasas,
                grasas saturadas, hidratos de carbono, azucares, proteinas, peso neto, contenido neto, cont neto,
                consumir preferentemente*, consumir antes*, fecha de caducidad, caducidad, vencimiento, fabricado en,
                hecho en, producto de, elaborado por, elaborado en, distribuido por, importado por, lote, lavar a*,
                lavar a mano, no usar lejia, no planchar, lavado en seco, algodon, conservar en*,
                mantener refrigerado, agitar antes*, contiene, sin gluten, registro sanitario
            """,
            "pt": """
                informacao nutricional, valor energetico, porcao, gorduras, gorduras saturadas, carboidratos,
                hidratos de carbono, acucares, peso liquido, conteudo liquido, validade, valido ate,
                consumir de preferencia*, consumir ate, fabricado em, feito em, industria brasileira, produzido por,
                fabricado por, distribuido por, lavar a mao, nao alvejar, nao passar, algodao, contem gluten,
                nao contem gluten, conservar em*, agite antes*, manter fora do alcance
            """,
            "de": """
                zutaten*, nahrwert*, durchschnittliche nahrwerte, brennwert*, fett, davon gesattigte*, kohlenhydrate,
                davon zucker, eiweiss, ballaststoffe, nettogewicht, fullmenge, nettofullmenge, inhalt,
                mindestens haltbar*, mindesthaltbar*, mhd, zu verbrauchen bis, verbrauchen bis, haltbar bis,
                hergestellt in, hergestellt fur, hergestellt von, abgefullt*, vertrieb durch, enthalt, kann spuren*,
                handwasche, nicht bleichen, nicht bugeln, maschinenwasche, feinwasche, baumwolle, schurwolle,
                chargen*, chargennummer, gekuhlt lagern, kuhl lagern, vor gebrauch*, gebrauchsanweisung,
                ursprungsland, pfand, mehrweg*
            """,
            "fr": """
                ingredients, valeurs nutritionnelles, valeur energetique, informations nutritionnelles,
                matieres grasses, acides gras*, glucides, dont sucres, lipides, fibres alimentaires, proteines,
                poids net, contenance, a consommer de preference*, a consommer avant*, date limite, fabrique en*,
                fabrique au, fabrique par, produit en, produit des*, distribue par, elabore en, elabore par,
                lavage a la main, laver a*, ne pas repasser, ne pas blanchir, nettoyage a sec, coton, peut contenir,
                contient, sans gluten, a conserver*, agiter avant*, lot n, origine, ne pas jeter, tenir hors*
            """,
            "it": """
                ingredienti, valori nutrizionali, dichiarazione nutrizionale, valore energetico, grassi,
                di cui acidi*, di cui zuccheri, carboidrati, proteine, peso netto, da consumarsi*, scadenza,
                prodotto in, fabbricato in, confezionato da, prodotto da, lotto, lavare a mano, non candeggiare,
                non stirare, lavaggio a secco, cotone, conservare in*, agitare prima*, puo contenere, senza glutine
            """,
            "nl": """
                ingredienten, voedingswaarde*, vetten, koolhydraten, eiwitten, nettogewicht, netto inhoud,
                ten minste houdbaar*, houdbaar tot, te gebruiken tot, gemaakt in, geproduceerd in, katoen, wassen op*
            """,
            "sv": """
                ingrediens*, naringsvarde*, naringsdeklaration, energi, fetthalt, fett, varav mattat*, kolhydrat*,
                varav socker*, nettovikt, innehall*, bast fore*, sista forbrukn*, utgangsdatum, tillverkad i,
                tillverkad av, tillverkas*, producerad*, ursprung*, maskintvatt, handtvatt, tvattas*, tal ej*,
                strykes*, bomull, forvaras*, kylvara, oppnad forpackning*, skakas*, jfr pris, jamforpris*,
                pastoriserad*, homogeniserad*, per 100
            """,
            "pl": """
                skladniki, wartosc odzywcza, wartosci odzywcze, wartosc energetyczna, tluszcz*, kwasy*, weglowodany,
                cukry, bialko, masa netto, najlepiej spozyc*, nalezy spozyc*, termin przydatnosci, wyprodukowano*,
                producent, prac recznie, nie wybielac, nie prasowac, bawelna, przechowywac*, moze zawierac
            """,
            "tr": """
                icindekiler, besin degerleri, enerji ve besin*, yag, doymus yag*, karbonhidrat*, sekerler,
                net agirlik, net miktar*, son kullanma*, son tuketim*, tett, skt, uretim tarihi, uretim yeri,
                uretici*, yikamayin, elde yikayin, utulemeyin, pamuk, saklayiniz, serin ve kuru*, parti no, mensei
            """,
            "vi": """
                thanh phan, gia tri dinh duong, khoi luong tinh, the tich thuc, han su dung, hsd, nsx, ngay san xuat,
                san xuat tai, xuat xu, bao quan, huong dan su dung
            """,
            "id": """
                komposisi, informasi nilai gizi, berat bersih, isi bersih, baik digunakan sebelum, kadaluarsa,
                diproduksi oleh, dibuat di, buatan indonesia, cara penyimpanan, bpom
            """,
            "ru": """
                состав, пищевая ценность, энергетическая ценность, белки, жиры, углеводы, масса нетто, вес нетто,
                объем, годен до, употребить до, срок годности, дата изготовления, изготовлено, сделано в,
                произведено в, изготовитель, производитель, страна происхождения, хранить при*, хлопок, не отбеливать,
                не гладить, ручная стирка, химчистка, гост*, партия, может содержать, не содержит
            """,
            "hi": """
                सामग्री, पोषण, पोषण संबंधी जानकारी, शुद्ध मात्रा, शुद्ध वजन, निर्माण तिथि, समाप्ति तिथि, उपयोग की तिथि, निर्माता,
                भारत में निर्मित, एमआरपी, अधिकतम खुदरा मूल्य, बैच नं
            """,
            "ar": """
                المكونات, مكونات, القيمة الغذائية, القيم الغذائية, حقائق غذائية, الوزن الصافي, صافي الوزن,
                تاريخ الانتهاء, تاريخ الانتاج, صالح لغاية, يفضل استهلاكه*, صنع في, انتاج, منتج من, بلد المنشا, قطن,
                دهون, سعرات, يحفظ في*, غسيل, لا تستخدم المبيض
            """,
            "th": """
                ส่วนประกอบ, คุณค่าทางโภชนาการ, ข้อมูลโภชนาการ, น้ำหนักสุทธิ, ปริมาตรสุทธิ, วันหมดอายุ, วันผลิต, ควรบริโภคก่อน, หมดอายุ,
                ผลิตโดย, ผลิตใน, จัดจำหน่ายโดย, วิธีใช้, คำเตือน, ผ้าฝ้าย, ซักมือ, เก็บในที่, เลขที่จดแจ้ง, อย.
            """,
            "zh": """
                配料, 成分, 成份, 营养成分, 營養成分, 营养标示, 營養標示, 净含量, 淨含量, 净重, 淨重, 净合量, 保质期,
                保質期, 生产日期, 生產日期, 有效日期, 有效期, 到期日, 此日期前, 生产许可, 生产商, 製造商, 制造商,
                生产厂, 委托方, 委託方, 受托方, 产地, 產地, 中国制造, 中國製造, 中国製, 原产国, 原產國, 进口商,
                經銷商, 经销商, 执行标准, 產品標準, 产品标准, 贮存, 储存, 保存方法, 保存期限, 食用方法, 使用方法,
                使用说明, 使用說明, 注意事项, 注意事項, 合格证, 检验员, 安全类别, 洗涤, 洗滌, 不可漂白, 不可氯漂,
                悬挂晾干, 熨烫, 熨斗, 干洗, 乾洗, 手洗, 机洗, 水洗, 纯棉, 純棉, 面料, 聚酯, 涤纶, 氨纶, 蛋白质,
                蛋白質, 脂肪, 碳水化合物, 热量, 熱量, 过敏原, 品名, 货号, 貨號, 条码, 批号, 批號
            """,
            "ja": """
                原材料, 栄養成分, エネルギー, たんぱく質, 炭水化物, 脂質, 食塩相当量, 内容量, 正味量, 賞味期限,
                消費期限, 使用期限, 製造年月日, 製造者, 製造元, 販売者, 販売元, 発売元, 輸入者, 原産国, 原産地,
                日本製, 中国製, 保存方法, 使用上の注意, 使用方法, 洗濯, 手洗い, 漂白, アイロン, ドライクリーニング,
                綿100, ポリエステル, アレルギー, 医薬部外品, 配合, 加熱, 品番, 品名, 名称, 成分, 開封
            """,
            "ko": """
                원재료, 원료명, 영양정보, 영양성분, 열량, 탄수화물, 단백질, 지방, 나트륨, 내용량, 중량, 유통기한,
                소비기한, 제조일, 제조원, 제조사, 제조국, 제조연월, 판매원, 판매업, 수입원, 수입판매, 원산지,
                보관방법, 사용방법, 사용법, 주의사항, 세탁, 손세탁, 표백, 다림질, 드라이클리닝, 면 100, 폴리에스터,
                알레르기, 품명, 화장품제조, 전성분, 식품유형, 해썹
            """,
        },
        "weak": {
            "food": """
                organic, bio, biologique, biologico, ecologico, ecologica, ekologisk*, eko, oko, okologisch, organico,
                organica, natural, naturel, naturell, naturale, all natural, vegan*, vegetarian, original, originale,
                classic, light, lite, zero, sugar free, sugarfree, no added sugar, senza zucchero, sin azucar,
                sem acucar, ohne zucker, zuckerfrei, fat free, low fat, laktosfri*, laktosefrei, lactose free,
                protein, whole grain, wholegrain, vitamin*, flavour*, flavor*, flavoured, taste, vanilla, vanilj,
                vanille, vainilla, chocolate, chocolat, schokolade, choklad, cioccolato, strawberry, erdbeer,
                jordgubb, fraise, juice, saft, jus de*, jugo, suco, succo, zumo, yoghurt, yogurt, yaourt, joghurt,
                milk, milch, mjolk, lait, leche, leite, latte, mleko, sut, coffee, kaffee, cafe, kaffe, tea, the vert,
                tee, butter, cheese, kase, fromage, queso, queijo, salt, sugar, zucker, sucre, azucar, acucar, honey,
                honig, miel, rice, pasta, bread, snack*, chips, biscuit*, cookies, masala, noodles, soup, sauce,
                fresh, frisch, frais, fresco, fresca, farsk*, 牛乳, 牛奶, 酸奶, 果汁, 饮料, 有机, 有機, 無添加, 無糖,
                无糖, 우유, 유기농, 무설탕, молоко, сок, йогурт, натуральн*, органическ*, दूध, مشروب, حليب, عصير,
                نعناع, นม, น้ำผลไม้
            """,
            "body": """
                shampoo, conditioner, serum, lotion, body wash, shower gel, moisturizer, moisturiser, moisturizing,
                cleanser, toner, cream, creme, crema, facial, anti aging, sunscreen, deodorant, toothpaste, soap,
                seife, savon, jabon, sabonete, tablets, capsules, dietary supplement, food supplement, perfume,
                eau de*, parfum, spf, paraben free, for all skin*, for men, for women, pour homme, pour femme, 洗面奶,
                洁面, 面膜, 护发素, 洗发水, 润肤, 乳液, 精华, 化粧水, 洗顔, 美容液, 로션, 크림, 샴푸, шампунь, крем,
                شامبو, كريم, แชมพู, ครีม
            """,
            "garment": """
                est, since, established, authentic, genuine, trade mark, trademark, registered, original brand,
                quality goods, premium quality, university, college, athletic*, athletics, department, dept, varsity,
                team, league, club, championship, denim, jeans, company, division, world tour, on tour, tour,
                brooklyn, new york, california, los angeles, london, paris, tokyo, usa, sport, sports, sportswear,
                jersey, size, taille, talla, grosse, storlek, xl, xxl, made with, 100% cotton, slim fit, regular fit,
                hand made, handmade, fait main, cotton, polyester, elastane, spandex, wool, linen, viscose, nylon,
                leather, cuir, cuero, leder
            """,
            "media": """
                volume, vol, chapter, edition, a novel, new york times, bestselling author, illustrated by,
                translated by, foreword by, written by, starring, directed by, soundtrack, stereo, dvd, blu ray,
                compact disc, playstation, nintendo, xbox, rated, pegi, esrb, disc, episode, season, roman, novela,
                romanzo, publisher, press, verlag, editions, editora
            """,
            "device": """
                menu, settings, power, volume, mode, play, pause, bluetooth, wi fi, wifi, usb, hdmi, ac adapter,
                caution, warning, danger, attention, vorsicht, achtung, advertencia, peligro, avertissement, varning,
                uwaga, внимание, 警告, 注意, 주의, enter, shift, ctrl, esc, home, on off, reset, start stop, zoom,
                lens, auto, input, output, made by, designed by, model
            """,
        },
    },
}

#: Words of money before or after an amount; the signs ($ € £ …) stand in the patterns.
CURRENCY_WORDS: Final = """
    usd, eur, gbp, inr, rs, rmb, cny, jpy, krw, thb, vnd, idr, rp, brl, mxn, aed, sar, egp, rub, pln, try, sek, chf,
    aud, cad, dollars, dollar, euros, euro, rupees, rupee, reais, pesos, soles, yen, yuan, won, baht, dong, rupiah,
    lira, zl, zlotych, tl, kr, kronor, руб, рублей, рубля, रुपये, रुपए, रु, ريال, درهم, جنيه, دينار, ر.س, د.إ, บาท, 元,
    块, 塊, 円, 圓, 원, vnđ
"""
#: Words beside a percentage that make it a discount, before or after it.
PERCENT_WORDS: Final = """
    off, discount, rabatt, rabatte, reduziert, sparen, gunstiger, descuento, descuentos, dto, dcto, de dto, menos,
    de desconto, desconto, de descuento, de remise, remise, reduction, de reduction, di sconto, sconto, korting,
    znizki, znizka, rabatu, taniej, indirim, indirimi, giam, giam gia, diskon, скидка, скидки, скидкой, छूट, की छूट,
    ऑफ, خصم, تخفيض, ลด, ส่วนลด, 할인, 割引, オフ, 引き, 引, 优惠, 折扣, cashback, cash back, reas, rea, flat, sale
"""
#: Words before a percentage that make it a discount.
PERCENT_BEFORE: Final = """
    up to, upto, hasta, hasta un, ate, bis zu, bis, jusqu'a, jusqu a, fino al, fino a, tot, upp till, do, flat,
    save, spare, ahorra, economisez, economize, sconto, giam, giam den, giam toi, den, до, скидка, скидки до,
    скидки, तक, حتى, خصم, خصم يصل الى, يصل الى, ลด, ลดสูงสุด, สูงสุด, 최대, 最大, 最高, get, extra, indirim, varan,
    diskon, hingga, minus
"""
#: Month names and their short forms, the languages one after the other.
MONTHS: Final = """
    january, february, march, april, may, june, july, august, september, october, november, december, jan, feb, mar,
    apr, jun, jul, aug, sep, sept, oct, nov, dec, januar, februar, marz, mai, juni, juli, oktober, dezember, jan.,
    mrz, okt, dez, enero, febrero, marzo, abril, mayo, junio, julio, agosto, septiembre, setiembre, octubre,
    noviembre, diciembre, ene, abr, ago, dic, janeiro, fevereiro, marco, maio, junho, julho, setembro, outubro,
    novembro, dezembro, fev, set, out, janvier, fevrier, mars, avril, juin, juillet, aout, septembre, octobre,
    decembre, janv, fevr, avr, juil, gennaio, febbraio, aprile, maggio, giugno, luglio, settembre, ottobre,
    dicembre, gen, mag, giu, lug, ott, januari, februari, maj, augusti, stycznia, lutego, marca, kwietnia, maja,
    czerwca, lipca, sierpnia, wrzesnia, pazdziernika, listopada, grudnia, ocak, subat, mart, nisan, mayis, haziran,
    temmuz, agustos, eylul, ekim, kasim, aralik, января, февраля, марта, апреля, мая, июня, июля, августа, сентября,
    октября, ноября, декабря, янв, фев, мар, апр, июн, июл, авг, сен, окт, ноя, дек, जनवरी, फरवरी, मार्च, अप्रैल, मई,
    जून, जुलाई, अगस्त, सितंबर, अक्टूबर, नवंबर, दिसंबर, يناير, فبراير, مارس, ابريل, مايو, يونيو, يوليو, اغسطس, سبتمبر,
    اكتوبر, نوفمبر, ديسمبر, มกราคม, กุมภาพันธ์, มีนาคม, เมษายน, พฤษภาคม, มิถุนายน, กรกฎาคม, สิงหาคม, กันยายน, ตุลาคม,
    พฤศจิกายน, ธันวาคม, ม.ค., ก.พ., มี.ค., เม.ย., พ.ค., มิ.ย., ก.ค., ส.ค., ก.ย., ต.ค., พ.ย., ธ.ค.
"""
#: Names of days and their short forms.
WEEKDAYS: Final = """
    monday, tuesday, wednesday, thursday, friday, saturday, sunday, mon, tue, wed, thu, fri, sat, sun, montag,
    dienstag, mittwoch, donnerstag, freitag, samstag, sonntag, mo, di, mi, do, fr, sa, so, lunes, martes, miercoles,
    jueves, viernes, sabado, domingo, lun, mar, mie, jue, vie, sab, dom, segunda, terca, quarta, quinta, sexta,
    lundi, mardi, mercredi, jeudi, vendredi, samedi, dimanche, lunedi, martedi, mercoledi, giovedi, venerdi, sabato,
    domenica, mandag, tisdag, onsdag, torsdag, fredag, lordag, sondag, poniedzialek, wtorek, sroda, czwartek,
    piatek, sobota, niedziela, pazartesi, sali, carsamba, persembe, cuma, cumartesi, pazar, понедельник, вторник,
    среда, четверг, пятница, суббота, воскресенье, пн, вт, ср, чт, пт, сб, вс, सोमवार, मंगलवार, बुधवार, गुरुवार, शुक्रवार,
    शनिवार, रविवार, الاثنين, الثلاثاء, الاربعاء, الخميس, الجمعة, السبت, الاحد, 星期一, 星期二, 星期三, 星期四,
    星期五, 星期六, 星期日, 星期天, 周一, 周二, 周三, 周四, 周五, 周六, 周日, 月曜日, 火曜日, 水曜日, 木曜日,
    金曜日, 土曜日, 日曜日, 월요일, 화요일, 수요일, 목요일, 금요일, 토요일, 일요일
"""
#: Half of the day, before or after the clock.
HALVES: Final = """
    am, pm, a.m., p.m., a. m., p. m., 上午, 下午, 午前, 午後, 오전, 오후, ص, م, น.
"""
#: Fibres beside a percentage, as care labels have them.
FIBRES: Final = """
    cotton, polyester, wool, linen, viscose, elastane, spandex, nylon, acrylic, silk, cashmere, leather, modal,
    lyocell, polyamide, baumwolle, wolle, leinen, seide, elasthan, polyamid, viskose, coton, laine, lin, soie,
    elasthanne, viscosa, algodon, lana, lino, seda, elastano, poliester, algodao, cotone, seta, bomull, ull,
    bawelna, welna, pamuk, yun, хлопок, шерсть, полиэстер, вискоза, лен, 棉, 綿, 绵, 聚酯, 涤纶, 氨纶, 羊毛, 桑蚕丝,
    麻, ポリエステル, 면, 폴리, ฝ้าย, قطن
"""
#: Stand before a price.
PRICE_BEFORE: Final = """
    from, starts at, starts from, starting at, starting from, only, just, now, flat, at, under, below, mrp, price,
    nur, ab, jetzt, statt, desde, solo, ahora, antes, por, apenas, seulement, a partir de, des, da, soltanto, vanaf,
    nu, fran, endast, tylko, od, sadece, chi, chi tu, mulai, hanya, от, всего, केवल, सिर्फ, मात्र, فقط, ابتداء من,
    เพียง, เริ่มต้น, 僅, 仅, 只要, 低至, 仅需, 단, たった, わずか
"""
#: Say that an amount is taken off.
AMOUNT_OFF: Final = """
    off, discount, instant off, instant discount, rabatt, de descuento, de desconto, de remise, di sconto, znizki,
    indirim, скидка, ऑफ, خصم, ลด
"""
#: Spans of payment by instalments, after a slash.
PER_MONTH: Final = "m, mo, mth, month, mes, mese, mois, monat, mies, ay, мес, شهر, เดือน, 月, 월, 月々"
#: Between the first and the last day.
UNTIL: Final = "-, –, ~, to, till, until, bis, a, al, au, ate, do, до, 至, から, 까지"
#: Before a phone number.
PHONE_BEFORE: Final = """
    tel, tel., telefon, telefone, telefono, telephone, phone, ph, mob, mobile, mobil, call, call us, whatsapp,
    whats app, viber, hotline, helpline, fone, zap, cel, celular, movil, handy, tlf, contact, contact us, order at,
    тел, телефон, звоните, फोन, मोबाइल, संपर्क, هاتف, جوال, واتساب, للتواصل, للطلب, โทร, โทร., โทรศัพท์, 电话, 電話,
    热线, 熱線, 手机, 手機, 客服, 微信, お電話, 전화, 문의, sdt, dien thoai, zalo
"""
#: Before the name of an account.
ACCOUNTS: Final = """
    ig, insta, instagram, wechat, weixin, vx, wx, whatsapp, wa, telegram, tg, facebook, fb, fanpage, tiktok, line,
    line id, youtube, pinterest, snapchat, zalo, shopee, vk, вк, инстаграм, телеграм, انستقرام, سناب, ไลน์, ไอจี,
    微信, 微信号, 薇信, 抖音, 抖音号, 小红书, 公众号, 微博, qq, qq群, 카톡, 카카오톡
"""
#: Last parts of internet names that sellers use.
DOMAINS: Final = """
    co, com, net, org, shop, store, online, site, xyz, info, biz, app, fr, br, cn, io, ru, uk, pl, vn, tr, nl, jp,
    kr, mx, eu, ua, ae, hk, tw, sg, pt, cz, dk
"""
#: The same that are words or syllables too: only at a line's end or before a slash.
DOMAINS_LIKE_WORDS: Final = "in, de, es, it, se, th, id, my, ar, at, ch, be, no, fi, sa, ca, au, ph"
#: Before the name of a phone: what took the picture.
SHOT_ON: Final = """
    shot on, shot with, shot by, captured on, captured with, captured by, taken with, taken on, photographed with,
    clicked on, clicked with, tomada con, foto tomada, hecha con, capturada con, tirada com, foto tirada,
    aufgenommen mit, fotografiert mit, prise avec, photo prise, scattata con, foto scattata, tagen med, fotad med,
    ile cekildi, chup bang, difoto dengan, снято на, снято с, पर लिया गया, التقطت, بواسطة كاميرا, ถ่ายด้วย, ถ่ายจาก,
    拍摄于, 摄于, 攝於, 拍攝於, で撮影, 으로 촬영
"""
#: Kinds of camera that phones write below their name.
CAMERAS: Final = """
    quad cam, quad camera, triple cam, triple camera, dual cam, dual camera, penta cam, penta camera, matrix camera,
    leica camera, leica quad, leica triple, leica dual, leica vario, leica summi, zeiss camera, zeiss optics,
    zeiss vario, zeiss t, hasselblad camera, vario summi, vario tessar, vario sonnar, ai影像, 三摄, 四摄, 双摄,
    三攝, 四攝, 雙攝, 徕卡, 莱卡, 哈苏影像, 蔡司影像
"""
#: Phones whose names, with a model beside them, are stamps.
PHONES: Final = """
    xiaomi, iaomi, mi, poco, pocophone, galaxy, samsung galaxy, realme, oppo, vivo, iqoo, oneplus, one plus, honor,
    huawei, moto, motorola, nokia, infinix, tecno, itel, iphone, apple iphone, pixel, google pixel, nova, mate,
    zenfone, asus, meizu, nothing phone, xperia, zte, nubia, lg, htc, lenovo, micromax, lava, walton, symphony,
    sharp aquos, fairphone, tcl, blackview, ulefone, doogee, oukitel
"""
#: Phone makers that sign pictures with their name alone.
MAKERS: Final = """
    xiaomi, redmi, poco, galaxy, realme, oppo, vivo, iqoo, oneplus, honor, huawei, infinix, tecno, itel, leica,
    zeiss, hasselblad, pixel, xperia, motorola, nothing, meizu, nubia
"""
#: Units: of lengths, of weights alone, of technical figures, of a pack's contents, of energy in food.
LENGTHS: Final = (
    "mm, cm, m, in, inch, inches, ft, feet, \", '', ”, ″, 毫米, 厘米, 公分, センチ, см, мм, مم, سم, ซม, ซม., सेमी, 인치"
)
WEIGHTS: Final = "pound, pounds, lb, lbs, ounce, ounces"
FIGURES: Final = """
    mp, mah, gb, tb, mb, ghz, hz, w, wh, watt, watts, v, lumen, lumens, lm, k, fps, dpi, ppi, nits, db, bar, psi,
    rpm, hp, kw, °c, °f, мач, вт, гб, 瓦, 毫安
"""
CONTENTS: Final = """
    g, gr, gm, gms, kg, mg, ml, cl, dl, l, ltr, liter, litre, litres, oz, fl oz, fl. oz., г, кг, мл, л, 克, 千克,
    公斤, 毫升, 升, 公克, リットル, グラム, 그램, 리터, مل, جم, غرام, لتر, كجم, กรัม, ก., มล., มล, ลิตร, ग्राम, ग्रा,
    मिली, लीटर, किग्रा
"""
ENERGY: Final = (
    "kcal, kj, cal, calories, calorias, ккал, кдж, 千卡, 千焦, 大卡, キロカロリー, 칼로리, سعرة, กิโลแคลอรี, किलो कैलोरी"
)
#: Beside a percentage on a pack: its contents.
PACK_PERCENT: Final = """
    fett, fat, mg, m.g., de matiere grasse, matiere grasse, grasa, gordura, grassi, tluszczu, yag, жира, жирность,
    жирности, vol, alc, juice, jus, saft, zumo, suco, succo, cocoa, cacao, kakao, fruit, frukt, frucht, natural,
    organic, arabica, 果汁, 果汁含量
"""
#: Beside a percentage on a pack: more of it.
MORE: Final = (
    "more, mer, mehr, extra, gratis, free, de plus, mas, mais, in piu, meer, wiecej, больше, fazla, 増量, 加量"
)
#: Beside a temperature: how to wash.
WASHING: Final = """
    wash, waschen, lavar, laver, lavage, lavare, tvatt, tvattas, wassen, prac, yikama, yikayin, стирка, стирать,
    温度, 溫度, 洗, 세탁, غسيل, ซัก
"""
#: Words that make a date one of the product's: until when it keeps, when it was made, which batch it is.
KEEPS: Final = """
    best, exp, exp., expiry, use by, bb, bbe, bbd, mhd, haltbar, mfg, mfd, prod, packed, lot, batch, bast fore,
    b.f., bf, consommer, consumir, consumare, consumarsi, cad, cad., caducidad, venc, venc., vencimiento, val, val.,
    validade, scad, scad., scadenza, tett, skt, hsd, nsx, spozyc, houdbaar, годен, изг, до, 保质, 保質, 賞味,
    消費期限, 期限, 生产, 生產, 製造, 有效, 유통, 소비기한, 제조, หมดอายุ, ผลิต, انتهاء, انتاج, صالح, समाप्ति, निर्माण,
    उपयोग
"""
#: Since when a firm has been there, before a year.
SINCE: Final = """
    est, est., estd, since, established, founded, depuis, seit, gegr, gegr., desde, dal, sedan, grundat, od, с,
    sinds, ตั้งแต่, 创立于
"""
