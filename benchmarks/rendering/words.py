"""What shops write over pictures and makers print on products, in twenty-one languages; `{n}` stands for a number."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """Phrases of one language by what they are for; each tuple has at least three."""

    code: str
    #: ISO 15924, as in `fonts.SCRIPTS`
    script: str
    #: how a price is written, `{n}` the amount
    price: tuple[str, ...]
    sale: tuple[str, ...]
    off: tuple[str, ...]
    shipping: tuple[str, ...]
    new: tuple[str, ...]
    button: tuple[str, ...]
    headline: tuple[str, ...]
    subline: tuple[str, ...]
    #: decorative words straight over a photo
    caption: tuple[str, ...]
    #: what stands before a telephone number or an address
    contact: tuple[str, ...]
    #: what a pack says that it holds
    product: tuple[str, ...]
    #: what else a pack or a garment says
    claim: tuple[str, ...]


def _several(phrases: str) -> tuple[str, ...]:
    return tuple(phrases.split("|"))


def _language(code: str, script: str, *phrases: str) -> Language:
    return Language(code, script, *(_several(line) for line in phrases))


LANGUAGES = (
    _language(
        "en",
        "Latn",
        "${n}|£{n}|₹{n}|Rs. {n}|$ {n}",
        "SALE|Big Sale|Hot Deal|Clearance|Flash Sale|Black Friday|Special Offer|Best Price|Limited Offer|MEGA SALE",
        "{n}% OFF|-{n}%|SAVE {n}%|Up to {n}% off|Flat {n}% OFF|Extra {n}% OFF",
        "Free Shipping|FREE DELIVERY|Fast Delivery|Free Returns|Ships in 24h",
        "NEW|New Arrival|BEST SELLER|Top Rated|Limited Edition|HOT",
        "Shop Now|Buy Now|Order Today|Learn More|Explore More|Add to Cart|See Collection",
        "Summer Style Refresh|New Season, New You|Sounds like nothing else|The Autumn Collection|Made for Every Day"
        "|Built to last|Your Home, Your Way|Fresh from the farm|Comfort meets style|Weekend Deals",
        "Effortless elegance & joy|Free shipping on orders over $50|Only this weekend|While stocks last"
        "|Discover the latest trends|Premium quality, honest price|Handpicked for you",
        "the smell of rain|stay wild|good things take time|a quiet place to land|Less is more|just breathe"
        "|made with love|Winter is coming",
        "Call us|Order on WhatsApp|Visit our shop|Follow us|DM to order",
        "Whole Milk Yoghurt|Instant Coffee|Dark Chocolate|Basmati Rice|Hand Cream|Corn Flakes|Green Tea|Orange Juice"
        "|Laundry Gel|Peanut Butter|Shampoo|Dog Food|Energy Drink|Face Serum",
        "25% MORE|SUPER SAVER PACK|NEW RECIPE|100% cotton|No added sugar|Best before {d}|Family Size|Keep refrigerated"
        "|SALE|Made in Italy|Rich in fibre|Machine wash 30°|NEW LOOK, SAME TASTE|Buy 2 get 1 free"
        "|Dermatologically tested",
    ),
    _language(
        "es",
        "Latn",
        "{n} €|${n}|$ {n} MXN",
        "OFERTA|Rebajas|Liquidación|Súper oferta|PROMOCIÓN|Precio especial",
        "-{n}%|{n}% de descuento|Hasta {n}% dto.|Ahorra {n}%",
        "Envío gratis|ENVÍO GRATIS 24H|Entrega inmediata|Devolución gratis",
        "NUEVO|Novedad|Lo más vendido|Edición limitada",
        "Comprar ahora|Ver más|Pídelo ya|Descúbrelo",
        "Estilo que se nota|Nueva colección de verano|Todo para tu hogar|Hecho para ti|Días de oferta",
        "Solo por tiempo limitado|Calidad al mejor precio|En pedidos superiores a 30 €|Hasta agotar existencias",
        "vive el momento|pequeñas cosas|hecho a mano con amor|el mar siempre vuelve",
        "Pedidos por WhatsApp|Llámanos|Visítanos en|Síguenos",
        "Leche entera|Café molido|Aceite de oliva|Galletas María|Crema de manos|Arroz largo|Atún en aceite",
        "25% GRATIS|NUEVO SABOR|Sin azúcar|100% algodón|Consumir antes de {d}|Formato ahorro|OFERTA|Hecho en España",
    ),
    _language(
        "de",
        "Latn",
        "{n} €|€ {n}|nur {n} €",
        "ANGEBOT|Sale|Rabatt|Ausverkauf|Sonderangebot|AKTION|Schlussverkauf",
        "-{n}%|{n}% Rabatt|Bis zu {n}% sparen|{n} % reduziert",
        "Kostenloser Versand|Versandkostenfrei|GRATIS VERSAND|Lieferung in 24 h",
        "NEU|Neuheit|Bestseller|Topseller",
        "Jetzt kaufen|Mehr erfahren|Zum Shop|Jetzt entdecken",
        "Neues für den Herbst|Schöner wohnen|Einfach besser schlafen|Die neue Kollektion|Für jeden Tag gemacht",
        "Nur solange der Vorrat reicht|Ab 50 € versandkostenfrei|Nur heute|Qualität, die bleibt",
        "schöne Momente|alles wird gut|Zeit für mich|mit Liebe gemacht",
        "Bestellung per WhatsApp|Rufen Sie uns an|Besuchen Sie|Folgt uns",
        "Frische Vollmilch|Röstkaffee|Zartbitter Schokolade|Vollwaschmittel|Handcreme|Hafer Drink|Kräutertee",
        "25% MEHR INHALT|NEUE REZEPTUR|Ohne Zuckerzusatz|100% Baumwolle|Mindestens haltbar bis {d}|SPARPACK|NEU"
        "|Hergestellt in Deutschland",
    ),
    _language(
        "fr",
        "Latn",
        "{n} €|{n}€ TTC|{n} € seulement",
        "SOLDES|Promo|Prix choc|Offre spéciale|Déstockage|PROMOTION",
        "-{n}%|{n}% de remise|Jusqu'à -{n}%|{n} % offerts",
        "Livraison gratuite|LIVRAISON OFFERTE|Expédié en 24h|Retour gratuit",
        "NOUVEAU|Nouveauté|Meilleure vente|Édition limitée",
        "J'achète|Découvrir|Acheter maintenant|En savoir plus",
        "La nouvelle collection|L'été commence ici|Pour toute la famille|Le goût du vrai",
        "Dans la limite des stocks|Dès 49 € d'achat|Offre valable ce week-end|Qualité et petit prix",
        "la vie est belle|un jour à la fois|fait avec amour|les petits bonheurs",
        "Commandez par WhatsApp|Appelez-nous|Retrouvez-nous sur|Suivez-nous",
        "Lait entier|Café moulu|Chocolat noir|Crème mains|Yaourt nature|Confiture de fraises|Lessive liquide",
        "25% OFFERTS|NOUVELLE RECETTE|Sans sucres ajoutés|100% coton|À consommer avant le {d}|FORMAT FAMILIAL"
        "|Fabriqué en France",
    ),
    _language(
        "pt",
        "Latn",
        "R$ {n}|R${n}|{n} €",
        "OFERTA|Promoção|Liquidação|Imperdível|SUPER OFERTA|Queima de estoque",
        "-{n}%|{n}% OFF|Até {n}% de desconto|Economize {n}%",
        "Frete grátis|FRETE GRÁTIS|Entrega rápida|Envio imediato",
        "NOVO|Lançamento|Mais vendido|Edição limitada",
        "Compre agora|Saiba mais|Ver ofertas|Peça já",
        "Coleção primavera|Conforto para o dia a dia|Sua casa mais bonita|Feito para você",
        "Em até 10x sem juros|Só até domingo|Enquanto durar o estoque|Qualidade garantida",
        "viva o agora|feito com amor|gratidão|leve a vida leve",
        "Peça pelo WhatsApp|Ligue|Visite|Siga a gente",
        "Café torrado|Leite integral|Arroz tipo 1|Creme para mãos|Biscoito recheado|Sabão em pó",
        "LEVE 3 PAGUE 2|NOVO SABOR|Zero açúcar|100% algodão|Validade {d}|EMBALAGEM ECONÔMICA|Indústria Brasileira",
    ),
    _language(
        "it",
        "Latn",
        "{n} €|€ {n}|solo {n} €",
        "SALDI|Offerta|Sconti|Promozione|Super prezzo",
        "-{n}%|Sconto {n}%|Fino al {n}%|Risparmi {n}%",
        "Spedizione gratuita|SPEDIZIONE GRATIS|Consegna in 24h",
        "NUOVO|Novità|Il più venduto|Edizione limitata",
        "Acquista ora|Scopri di più|Ordina subito",
        "La nuova collezione|Stile senza tempo|Il gusto di casa|Fatto per durare",
        "Fino a esaurimento scorte|Solo questo weekend|Qualità italiana",
        "la dolce vita|fatto con amore|piano piano|un sogno d'estate",
        "Ordina su WhatsApp|Chiamaci|Seguici",
        "Latte intero|Caffè macinato|Pasta di semola|Olio extra vergine|Crema mani",
        "25% IN PIÙ|NUOVA RICETTA|Senza zuccheri|100% cotone|Da consumarsi entro {d}|Prodotto in Italia",
    ),
    _language(
        "sv",
        "Latn",
        "{n} kr|{n}:-|nu {n} kr",
        "REA|Kampanj|Extrapris|Fynd|Slutrea",
        "-{n}%|{n}% rabatt|Upp till {n}%|Spara {n}%",
        "Fri frakt|FRI FRAKT|Snabb leverans",
        "NYHET|Nyhet!|Bästsäljare|Populär",
        "Köp nu|Läs mer|Handla här",
        "Nytt för hösten|Ett skönare hem|Gjord för vardagen|Vårens kollektion",
        "Endast denna vecka|Så långt lagret räcker|Fri frakt över 499 kr",
        "små stunder|lagom är bäst|gjord med kärlek",
        "Ring oss|Beställ via SMS|Följ oss",
        "Mellanmjölk|Bryggkaffe|Naturell yoghurt|Havredryck|Knäckebröd|Handkräm",
        "25% MER|NY SMAK|Utan tillsatt socker|100% bomull|Bäst före {d}|STORPACK",
    ),
    _language(
        "pl",
        "Latn",
        "{n} zł|tylko {n} zł|{n},99 zł",
        "PROMOCJA|Wyprzedaż|Okazja|Super cena|Hit cenowy",
        "-{n}%|Rabat {n}%|Do {n}% taniej|Oszczędź {n}%",
        "Darmowa dostawa|DARMOWA WYSYŁKA|Wysyłka 24h",
        "NOWOŚĆ|Nowy model|Bestseller|Hit",
        "Kup teraz|Sprawdź|Zamów dziś",
        "Nowa kolekcja|Wszystko dla domu|Stwórz swój styl|Jesień pełna barw",
        "Do wyczerpania zapasów|Tylko w ten weekend|Jakość w dobrej cenie",
        "chwilo trwaj|zrobione z miłością|pełnia lata",
        "Zadzwoń|Zamów przez WhatsApp|Odwiedź nas",
        "Mleko pełne|Kawa mielona|Czekolada gorzka|Krem do rąk|Herbata zielona",
        "25% GRATIS|NOWY SMAK|Bez cukru|100% bawełna|Najlepiej spożyć przed {d}|Wyprodukowano w Polsce",
    ),
    _language(
        "tr",
        "Latn",
        "{n} TL|₺{n}|sadece {n} TL",
        "İNDİRİM|Fırsat|Süper fiyat|Kampanya|Büyük indirim",
        "%{n} İNDİRİM|%{n}|-%{n}|%{n}'ye varan indirim",
        "Ücretsiz kargo|KARGO BEDAVA|Hızlı teslimat",
        "YENİ|Yeni ürün|Çok satan|Yeni sezon",
        "Hemen al|Satın al|İncele",
        "Yeni sezon başladı|Eviniz için her şey|Rahatlık ve şıklık",
        "Stoklarla sınırlı|Sadece bu hafta|Kaliteli ve uygun",
        "hayat güzel|küçük mutluluklar|sevgiyle yapıldı",
        "WhatsApp sipariş|Bizi arayın|Takip edin",
        "Tam yağlı süt|Türk kahvesi|Bitter çikolata|El kremi|Siyah çay",
        "%25 DAHA FAZLA|YENİ TAT|Şekersiz|%100 pamuk|Son kullanma {d}|EKONOMİK PAKET",
    ),
    _language(
        "vi",
        "Latn",
        "{n}.000đ|chỉ {n}K|{n}.000 ₫",
        "GIẢM GIÁ|Khuyến mãi|Siêu sale|Giá sốc|Xả kho",
        "Giảm {n}%|-{n}%|GIẢM ĐẾN {n}%",
        "Miễn phí vận chuyển|FREESHIP|Giao hàng nhanh",
        "MỚI|Hàng mới về|Bán chạy",
        "Mua ngay|Xem thêm|Đặt hàng",
        "Bộ sưu tập mới|Phong cách mùa hè|Đại tiệc thương hiệu",
        "Số lượng có hạn|Chỉ hôm nay|Chất lượng hàng đầu",
        "bình yên là nhà|sống chậm lại|một ngày nắng đẹp",
        "Gọi ngay|Liên hệ Zalo|Theo dõi chúng tôi",
        "Sữa tươi|Cà phê rang xay|Trà xanh|Kem dưỡng da|Bánh quy bơ",
        "TẶNG THÊM 25%|HƯƠNG VỊ MỚI|Không đường|100% cotton|HSD {d}|Hàng Việt Nam",
    ),
    _language(
        "ru",
        "Cyrl",
        "{n} ₽|{n} руб.|всего {n} ₽",
        "РАСПРОДАЖА|Скидка|Акция|Выгодно|СУПЕРЦЕНА|Хит продаж",
        "-{n}%|Скидка {n}%|До -{n}%|СКИДКИ ДО {n}%",
        "Бесплатная доставка|БЕСПЛАТНАЯ ДОСТАВКА|Доставка за 1 день",
        "НОВИНКА|Новинка|Хит|Новая коллекция",
        "Купить|Подробнее|Заказать сейчас|В корзину",
        "Новая коллекция|Уют в каждый дом|Стиль на каждый день|Осень в новых цветах",
        "Количество ограничено|Только до конца недели|Отличное качество",
        "тихое утро|мечты сбываются|сделано с любовью|пахнет дождём",
        "Звоните|Заказ в WhatsApp|Наш сайт|Подписывайтесь",
        "Молоко цельное|Кофе молотый|Шоколад горький|Крем для рук|Чай зелёный|Гречка|Шампунь",
        "+25% БЕСПЛАТНО|НОВЫЙ ВКУС|Без сахара|100% хлопок|Годен до {d}|ВЫГОДНАЯ УПАКОВКА|Сделано в России|АКЦИЯ",
    ),
    _language(
        "el",
        "Grek",
        "{n} €|μόνο {n} €|{n}€",
        "ΠΡΟΣΦΟΡΑ|Εκπτώσεις|Ευκαιρία|ΞΕΠΟΥΛΗΜΑ",
        "-{n}%|Έκπτωση {n}%|Έως {n}%",
        "Δωρεάν μεταφορικά|ΔΩΡΕΑΝ ΑΠΟΣΤΟΛΗ|Παράδοση σε 24 ώρες",
        "ΝΕΟ|Νέα άφιξη|Δημοφιλές",
        "Αγόρασε τώρα|Δες περισσότερα|Παράγγειλε",
        "Νέα συλλογή|Για κάθε μέρα|Το σπίτι που αγαπάς",
        "Μέχρι εξαντλήσεως|Μόνο αυτή την εβδομάδα|Ποιότητα και τιμή",
        "μικρές χαρές|καλοκαίρι παντού|με αγάπη",
        "Καλέστε μας|Παραγγελίες|Βρείτε μας",
        "Ελαιόλαδο|Γιαούρτι στραγγιστό|Καφές ελληνικός|Κρέμα χεριών|Μέλι ανθέων",
        "25% ΔΩΡΟ|ΝΕΑ ΓΕΥΣΗ|Χωρίς ζάχαρη|100% βαμβάκι|Ανάλωση πριν {d}|Ελληνικό προϊόν",
    ),
    _language(
        "ar",
        "Arab",
        "{n} ريال|{n} د.إ|فقط {n} ريال",
        "تخفيضات|عرض خاص|خصم كبير|تنزيلات|أقوى العروض",
        "خصم {n}%|{n}% خصم|حتى {n}%",
        "شحن مجاني|توصيل مجاني|توصيل سريع",
        "جديد|وصل حديثا|الأكثر مبيعا",
        "تسوق الآن|اشتري الآن|اطلب الآن|اكتشف المزيد",
        "استعد للمجموعة الجديدة|أناقة كل يوم|كل ما يحتاجه بيتك|تشكيلة الصيف",
        "الكمية محدودة|لفترة محدودة|جودة عالية وسعر مناسب",
        "الحياة جميلة|لحظات هادئة|صنع بحب",
        "للطلب واتساب|اتصل بنا|تابعونا",
        "حليب كامل الدسم|قهوة عربية|تمر فاخر|كريم لليدين|أرز بسمتي|شاي أخضر",
        "مجانا 25%|طعم جديد|بدون سكر|قطن 100%|عبوة توفير|صنع في مصر|عرض خاص",
    ),
    _language(
        "he",
        "Hebr",
        "₪{n}|{n} ש״ח|רק {n} ₪",
        "מבצע|הנחה|מחיר מיוחד|סוף עונה",
        "{n}% הנחה|עד {n}%|-{n}%",
        "משלוח חינם|משלוח מהיר|החזרה חינם",
        "חדש|הגיע עכשיו|הנמכר ביותר",
        "קנו עכשיו|לפרטים|הזמינו היום",
        "הקולקציה החדשה|הבית שלך מתחיל כאן|נוחות בכל יום",
        "עד גמר המלאי|לזמן מוגבל|איכות במחיר הוגן",
        "רגע של שקט|נעשה באהבה|חיים טובים",
        "הזמנות בוואטסאפ|חייגו|עקבו אחרינו",
        "חלב מלא|קפה טחון|שוקולד מריר|קרם ידיים|שמן זית",
        "25% יותר|טעם חדש|ללא סוכר|100% כותנה|אריזה חסכונית|תוצרת ישראל",
    ),
    _language(
        "hi",
        "Deva",
        "₹{n}|मात्र ₹{n}|केवल {n} रु",
        "महा सेल|भारी छूट|धमाका ऑफर|विशेष ऑफर|सेल",
        "{n}% की छूट|{n}% तक छूट|-{n}%",
        "मुफ्त डिलीवरी|फ्री शिपिंग|तेज डिलीवरी",
        "नया|नया आगमन|सबसे ज्यादा बिकने वाला",
        "अभी खरीदें|अभी ऑर्डर करें|और जानें",
        "त्योहारों की खरीदारी|नया कलेक्शन|हर घर के लिए|आपकी पसंद, आपका अंदाज",
        "सीमित समय के लिए|स्टॉक रहने तक|बढ़िया गुणवत्ता, सही दाम",
        "जिंदगी खूबसूरत है|प्यार से बनाया|सुबह की चाय",
        "व्हाट्सएप पर ऑर्डर करें|फोन करें|हमें फॉलो करें",
        "शुद्ध घी|बासमती चावल|मसाला चाय|हल्दी पाउडर|नारियल तेल|बेसन",
        "25% अतिरिक्त|नया स्वाद|बिना चीनी|100% सूती|बचत पैक|भारत में निर्मित|मुफ्त",
    ),
    _language(
        "bn",
        "Beng",
        "৳{n}|মাত্র ৳{n}|{n} টাকা",
        "বিশেষ ছাড়|মেগা সেল|অফার|বিশাল ছাড়",
        "{n}% ছাড়|-{n}%|{n}% পর্যন্ত ছাড়",
        "ফ্রি ডেলিভারি|বিনামূল্যে ডেলিভারি|দ্রুত ডেলিভারি",
        "নতুন|নতুন পণ্য|সেরা বিক্রিত",
        "এখনই কিনুন|অর্ডার করুন|আরও দেখুন",
        "নতুন কালেকশন|ঈদের কেনাকাটা|আপনার ঘরের জন্য",
        "সীমিত সময়ের জন্য|স্টক থাকা পর্যন্ত|সেরা মান, সেরা দাম",
        "জীবন সুন্দর|ভালোবাসা দিয়ে তৈরি|সকালের চা",
        "অর্ডার করতে কল করুন|হোয়াটসঅ্যাপ|আমাদের সাথে থাকুন",
        "খাঁটি মধু|সরিষার তেল|চা পাতা|হলুদ গুঁড়া|বাসমতি চাল",
        "২৫% বেশি|নতুন স্বাদ|চিনি ছাড়া|১০০% সুতি|সাশ্রয়ী প্যাক",
    ),
    _language(
        "ta",
        "Taml",
        "₹{n}|வெறும் ₹{n}|ரூ. {n}",
        "சிறப்பு சலுகை|தள்ளுபடி|மெகா சேல்|அதிரடி விற்பனை",
        "{n}% தள்ளுபடி|-{n}%|{n}% வரை",
        "இலவச டெலிவரி|இலவசம்|விரைவான டெலிவரி",
        "புதியது|புதிய வரவு|அதிகம் விற்பனை",
        "இப்போது வாங்க|மேலும் அறிய|ஆர்டர் செய்க",
        "புதிய தொகுப்பு|உங்கள் வீட்டிற்காக|பண்டிகை கொண்டாட்டம்",
        "குறைந்த காலம் மட்டும்|தரமான பொருட்கள்|ஸ்டாக் உள்ளவரை",
        "அன்புடன்|வாழ்க்கை அழகானது|காலை காபி",
        "அழைக்கவும்|வாட்ஸ்அப் ஆர்டர்|பின்தொடரவும்",
        "தேங்காய் எண்ணெய்|பில்டர் காபி|பாசுமதி அரிசி|மஞ்சள் தூள்",
        "25% கூடுதல்|புதிய சுவை|சர்க்கரை இல்லை|100% பருத்தி|சேமிப்பு பேக்",
    ),
    _language(
        "th",
        "Thai",
        "฿{n}|เพียง {n} บาท|{n}.-",
        "ลดราคา|โปรโมชั่น|ลดกระหน่ำ|ราคาพิเศษ|เซลล์",
        "ลด {n}%|ลดสูงสุด {n}%|-{n}%",
        "ส่งฟรี|ส่งฟรีทั่วไทย|จัดส่งด่วน",
        "ใหม่|สินค้าใหม่|ขายดี",
        "ซื้อเลย|สั่งซื้อทันที|ดูเพิ่มเติม",
        "คอลเลกชันใหม่|สบายทุกวัน|ของใช้ในบ้าน|ต้อนรับซัมเมอร์",
        "จำนวนจำกัด|เฉพาะวันนี้เท่านั้น|คุณภาพดี ราคาถูก",
        "ชีวิตดีดี|ทำด้วยใจ|กาแฟยามเช้า",
        "สั่งซื้อทางไลน์|โทร|ติดตามเรา",
        "นมสด|กาแฟคั่วบด|ข้าวหอมมะลิ|ครีมทามือ|ชาเขียว|น้ำปลา",
        "เพิ่ม 25%|รสชาติใหม่|ไม่มีน้ำตาล|ผ้าฝ้าย 100%|แพ็คประหยัด|ผลิตในไทย",
    ),
    _language(
        "zh",
        "Hans",
        "¥{n}|{n}元|券后价 ¥{n}|到手价{n}元|¥{n}起",
        "限时特价|清仓大促|双11狂欢|年中大促|秒杀|爆款直降|聚划算|特惠",
        "低至{n}折|直降{n}元|满{n}减20|立减{n}元|{n}% OFF",
        "包邮|全国包邮|顺丰包邮|次日达|赠运费险",
        "新品上市|新品|爆款|热卖|店长推荐",
        "立即抢购|点击购买|马上下单|查看详情|收藏有礼",
        "今日下单仅限一天|秋季新品 全场特惠|品质生活从这里开始|源头工厂 品质保证|终于降价了|夏日清凉节",
        "收藏店铺领优惠券|正品保证 假一赔十|七天无理由退换|前100名送好礼|支持货到付款|精选优质面料",
        "时光不老 我们不散|唯有爱与美食不可负|你躲进风里|岁月静好|人间值得|食光集|山水之间|慢生活",
        "微信|咨询热线|官方旗舰店|客服电话",
        "纯牛奶|有机绿茶|护发素|洗衣液|五常大米|黑巧克力|面霜|蜂蜜",
        "加量25%|全新升级|无添加蔗糖|100%桑蚕丝|保质期12个月|家庭装|净含量500g|中国制造|特惠装",
    ),
    _language(
        "ja",
        "Jpan",
        "¥{n}|{n}円|{n}円(税込)|特価 {n}円",
        "セール|特価|お買い得|期間限定|タイムセール|半額",
        "{n}%OFF|最大{n}%OFF|{n}%引き",
        "送料無料|即日発送|翌日お届け",
        "新商品|新発売|人気No.1|ランキング1位",
        "今すぐ購入|詳しくはこちら|カートに入れる|もっと見る",
        "夏の新作コレクション|毎日を心地よく|暮らしを整える|秋のファッションフェア",
        "数量限定|本日限り|ポイント10倍|在庫限り",
        "小さな幸せ|静かな朝|風の吹くまま|一期一会|心をこめて",
        "お問い合わせ|ご注文はこちら|公式サイト",
        "牛乳|有機緑茶|チョコレート|ハンドクリーム|あきたこまち|しょうゆ|シャンプー",
        "増量25%|新しい味|砂糖不使用|綿100%|お徳用|国産|賞味期限 {d}|期間限定",
    ),
    _language(
        "ko",
        "Kore",
        "{n}원|₩{n}|단 {n}원",
        "특가|세일|할인|타임세일|초특가|1+1",
        "{n}% 할인|최대 {n}%|-{n}%",
        "무료배송|당일발송|새벽배송",
        "신상품|NEW 신상|베스트|인기상품",
        "지금 구매|자세히 보기|바로가기|쇼핑하기",
        "여름 신상 컬렉션|매일이 편안한|우리집을 더 아름답게|가을 패션 위크",
        "오늘만 이 가격|한정수량|품질 보증|재고 소진 시까지",
        "작은 행복|오늘도 수고했어|바람이 분다|마음을 담아",
        "주문 문의|카카오톡 상담|공식몰",
        "우유|유기농 녹차|다크 초콜릿|핸드크림|고추장|라면|샴푸",
        "25% 증량|새로운 맛|무설탕|면 100%|대용량|국내산|유통기한 {d}|특가",
    ),
)

# What follows is written so everywhere, in ASCII with © and °: any Latin face has it.

#: Invented makers; a shop's name is made of them too.
BRANDS = _several(
    "Norvika|Brightleaf|Luma & Oak|Tindra|Casavela|Hallmoor|Pureza|Monti|Kestrel|Oakline|Velora|Sunmill|Arvento"
    "|Zenko|Mirabel|Fjordly|Nutrivo|Bellino|Sorvana|Karuva|Tamari Co.|Quellen|Dorado|Aurum|Lindgren's|Pampa"
    "|Sattva|Minori|Polarwind|Truvia House|Ekko|Brava|Solenne|Vantro|HIKARI|OMNIA|NORDEN|GRANO|PIXO|VERTEX"
    "|Maison Lea|Blue Heron"
)

#: Names that phones burn into the corner.
PHONES = _several(
    "REDMI NOTE 8|REDMI NOTE 8 PRO|REDMI NOTE 7|REDMI 9|REDMI NOTE 10 PRO|XIAOMI 11T|MI A2|MI 9 SE|MI NOTE 10"
    "|POCO X3 NFC|POCO F3|HUAWEI P30 PRO|HUAWEI Mate 20|HONOR 9X|HONOR 20|realme 6 Pro|realme C25|OPPO A74"
    "|OPPO Reno5|vivo Y20|vivo V21|Galaxy A52|Galaxy S21 Ultra|Galaxy M31|OnePlus 8T|Infinix HOT 10"
    "|TECNO CAMON 17|moto g(30)|iPhone 12 mini"
)

CAMERAS = _several(
    "AI QUAD CAMERA|AI DUAL CAMERA|AI TRIPLE CAMERA|48MP QUAD CAMERA|64MP AI QUAD CAMERA|LEICA TRIPLE CAMERA"
    "|DUAL CAMERA|108MP CAMERA|ZEISS|Hasselblad Camera for Mobile"
)

AGENCIES = _several(
    "shutterstock|gettyimages|iStock|Adobe Stock|fotolia|depositphotos|dreamstime|alamy|123RF|SAMPLE|PREVIEW"
    "|WATERMARK|Copyrighted Image|PROOF|DO NOT COPY"
)

SLOGANS = _several(
    "RUN IS GIRL|BORN TO RIDE|DINOSAUR EXPLORERS|NEW YORK|LET'S FLY|PARIS - MOSCOW|CITY VIBES|EXCELLENT DENIM"
    "|STAY WEIRD|SALE|NO PAIN NO GAIN|GOOD VIBES ONLY|1987|SURF CLUB|ROCK STAR|CALIFORNIA|HELLO SUMMER"
    "|FREE SPIRIT|BEST DAD EVER|UNIVERSITY|WILD & FREE|COFFEE FIRST|LIMITED EDITION|100% ORIGINAL|SUPER HERO"
    "|MAMA BEAR|TOKYO|BROOKLYN 05|DREAM BIG|OFFICIAL CLUB|NEW|HOT STUFF|BE KIND"
)

TITLES = _several(
    "Yoga for Complete Beginners|The Silent Harbour|Cooking for Two|A Short History of Maps|Winter Songs"
    "|The Last Orchard|Learn Spanish in 30 Days|Night Train|Modern Gardening|Atlas of the Sea|Great Walks"
    "|The Art of Bread|Blue Planet|Rocket Racers|Chess Openings|The Glass Forest|Sale of the Century"
    "|New Beginnings|50% Chance of Rain|Free to Run"
)

AUTHORS = _several(
    "Anna Lindqvist|J. P. Morrow|Elena Castell|R. K. Nair|Tom Haverly|Mika Sato|Dr. Ines Braun|O. Petrov"
)

SCREEN_WORDS = _several(
    "Settings|Messages|Battery 84%|Good morning|Search|Wi-Fi|Bluetooth|Now playing|Inbox (3)|Calendar|Photos"
    "|Music|Camera|Maps|Weather 21°|Low Power Mode|Download|Account|Storage|Display|Notifications|Home|Library"
    "|Playlists|Shop|Heart rate|10,482 steps|Sale ends today|Offers|Start|Menu|Extras|Shuffle Songs"
)

SIGN_WORDS = _several(
    "OPEN|CLOSED|EXIT|STOP|NO PARKING|Cafe Central|PHARMACY|MARKET STREET|SALE|PUSH|TICKETS|Bakery|WAY OUT|TAXI"
    "|RECEPTION|FRESH FISH|HOTEL|BUS STOP|To the beach|SUMMER SALE|50% OFF|NEW MENU"
)

CARE_WORDS = _several(
    "100% COTTON|80% COTTON 20% POLYESTER|95% VISCOSE 5% ELASTANE|MADE IN BANGLADESH|MADE IN TURKEY"
    "|MADE IN PORTUGAL|MACHINE WASH COLD|DO NOT BLEACH|TUMBLE DRY LOW|IRON LOW HEAT|WASH WITH LIKE COLOURS"
    "|100% BAUMWOLLE|100% COTON|RN 54023|KEEP AWAY FROM FIRE|HAND WASH ONLY|SIZE M|L / 40|EUR 38 UK 10"
)

SMALL_PRINT = _several(
    "Ingredients: sugar, wheat flour, palm oil, cocoa mass|Net weight 500 g e 17.6 oz|Store in a cool, dry place"
    "|Nutrition facts per 100 g|Energy 1840 kJ / 439 kcal|© 2024 All rights reserved|Shake well before use"
    "|Dist. by PO Box 1180|Keep out of reach of children|www.brightleaf-foods.com|Serving suggestion|330 ml"
    "|Contains milk and soy. May contain traces of nuts|Lot 4471 B|ISBN 978-3-16-148410-0|LC 0214|12 x 25 g"
    "|SPF 30|Call 0800 555 0142|Recyclable packaging"
)

FEATURES = _several(
    "Adjustable strap|Waterproof zipper|Breathable mesh|Soft lining|Non-slip sole|Double stitching|Hidden pocket"
    "|Stainless steel|BPA free|Easy to clean|Elastic waist|Quick dry|UV protection|Extra large|Lightweight 210 g"
    "|Dishwasher safe|Wide neck|100% cotton|2 year warranty"
)
